"""What a bot is asked, and how its answers are judged.

catalog         the probes, in order, with the rules that each decides
plain_question  the one that all others build on
parameter_values, attachment_host   what goes along with a query
bench           what probes share: the wire, what is known of the bot, what an answer is worth
verdict         any request, held against the rules of what was sent
answer_json     an answer and the rules it breaks, for programs
bounds          what is expected of times and addresses

What they send and how is in poecli/probe: ``queries``, ``exchange``.
"""
