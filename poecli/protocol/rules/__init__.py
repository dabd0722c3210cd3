"""What a bot must do and should do, each rule by its name."""
