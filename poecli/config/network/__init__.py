"""How others are reached.

proxies   which address is asked through which proxy
trust     whom TLS trusts
"""
