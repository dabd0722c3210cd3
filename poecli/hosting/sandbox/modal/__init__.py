"""Modal, played so that a bot written for it runs without it and without a network.

import_hook  at `import modal`: the stand-in, or the real one where it may be called
standin      the module: App, Image, Secret, …, as far as bot files use them
calls        functions: remote, local, map, spawn, each run here
classes      @enter before the first call, @exit at the end
stores       Dict and Queue, for as long as the process lives
mounts       files that Modal's container has in another place
"""
