"""How the city's pages look: the design language, the Jinja environment, error pages, security headers, translations."""
