"""What the page has a served bot do beside chats.

kept_requests  a kept turn as the server that runs now can be asked it
trigger        an event of Poe's sent by hand
"""
