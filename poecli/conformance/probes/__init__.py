"""What a bot is asked, and how its answers are judged."""
