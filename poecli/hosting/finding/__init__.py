"""From a file to the bots in it.

discovery        a target loaded: its bots, its app
shapes           the ways in which bot files give up their bots; without running the file the
                 same is asked by config.bot_files (which of a folder) and scaffold.existing
modal_functions  web functions that a file gives to Modal
main_block       `if __name__ == "__main__":` of a bot file
load_errors      what went wrong meanwhile, whose fault it is, and what to do
"""
