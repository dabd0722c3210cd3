"""A bot's Markdown → HTML for the page, while it arrives.

stream    HtmlStream: text in, the changes of a page out, each character rendered a bounded
          number of times; the end is equal to one render of the whole
operations    what a page changes, as lists that JSON carries
open_code, open_list   blocks of which a part is final
definitions   links whose definition comes after the text that names them
html      one render: what of Markdown becomes an element, and what stays text
pieces    long lists, tables and paragraphs, cut for the layout of the page
code      source code, coloured line by line
text      control codes, marks and directions that would break a layout
"""
