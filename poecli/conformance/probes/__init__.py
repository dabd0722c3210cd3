"""What a bot is asked, and how its answers are judged.

catalog         the probes, in order, with the rules that each decides
plain_question  the one that all others build on
queries         the requests they send; ``parameter_values`` and ``attachment_host`` what goes along
bench           what probes share: the wire, what is known of the bot, what an answer is worth
exchange        one request and all that came back, with times
bounds          what is expected of times and addresses
"""
