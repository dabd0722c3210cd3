"""What a person sees and types.

console          the streams of a command: data, notes, errors, JSON, and what they can show
foreign          text from others, made safe for a terminal
folding          lines for a person, broken between words; ``amounts`` in words; ``step_lines``
markdown         an answer while it arrives; ``views`` the ways it is shown: painted or appended
markdown_source  Markdown in pieces to rows that are final, and rows that may change
markdown_rows    its nodes to rows of the screen; ``math_source`` keeps LaTeX as it is
painter          the last rows of the screen, kept equal to a list of rows
prompts          questions to a person, or the list of flags to pass instead
keys             single keys while something runs; ``tty`` what differs between platforms
"""
