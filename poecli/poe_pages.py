"""Where Poe is on the web: its API, and the pages that hints send people to."""

from __future__ import annotations

API_URL = "https://api.poe.com"
API_KEY_PAGE = "https://poe.com/api/keys"
ACCESS_KEY_PAGE = "https://poe.com/edit_bot?bot={bot}"
ACCOUNT_PAGE = "https://poe.com/settings"
STATUS_PAGE = "https://status.poe.com"
