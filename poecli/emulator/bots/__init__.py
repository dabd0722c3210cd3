"""Who answers when a bot calls another."""
