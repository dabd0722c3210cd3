"""The rules, in `catalog`, with where each is written down.

renamed         names of a library that are called otherwise now
modal/          Modal
sdk_names, sdk_calls, sdk_answers  fastapi_poe: its names, how it is called, what it answers
access_keys     a key that is missing, or stands in the code
blocking        calls that let all other users wait
pypdf_package   PyPDF2
image_packages  the packages of a Modal image
"""
