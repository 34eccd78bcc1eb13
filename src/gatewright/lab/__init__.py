"""The range: a clinic with a shop, deliberately weak where asked, sound otherwise. Loopback only; imports none of us."""
