"""An author's Python, read without running it; it stands below all who need that.

python_file      a file parsed once: bot classes (one definition), calls, imports, values of names
called_bots      which other bots its calls name
sdk_features     what of fastapi_poe its code uses, and which version brought it
pushed_settings  which calls of make_app and run send settings to Poe
ignore_rules     which files are the author's: .gitignore, environments, caches, editors' files
folders          which folder is an environment, which are above one in its repository
"""
