"""The bots that Poe offers: asked, kept, and shown in rows."""
