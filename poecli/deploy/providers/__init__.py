"""What each provider's own program is told. Nothing of a provider is built here.

provider    what all of them have in common: commands, what is asked before, what undoes
modal       `modal`, https://modal.com/docs/reference/cli/deploy
docker      `docker`, on this machine, another one, or for a command that runs the image
fly         `fly`, https://fly.io/docs/flyctl/deploy/
command     whatever else the author runs
choice      the provider of a table of poe.toml
"""
