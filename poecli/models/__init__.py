"""The models that a Poe offers: asked for (listing), kept on disk (cache), laid out (rows)."""
