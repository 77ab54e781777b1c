"""Words that people, companies and products of the simulated company are named with. All invented."""

FIRST_NAMES = (
    "Ada", "Ben", "Clara", "David", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mara", "Noah",
    "Olga", "Paul", "Rosa", "Sami", "Tilda", "Umar", "Vera", "Wim", "Yara", "Zoe", "Amir", "Bea", "Carl", "Dora",
    "Emil", "Freya", "Gus", "Hana", "Ivan", "Judith", "Karl", "Lena", "Milo", "Nina", "Otto", "Pia",
)  # fmt: skip
LAST_NAMES = (
    "Albers", "Brandt", "Castell", "Dorn", "Ekberg", "Falk", "Gerber", "Holm", "Ibsen", "Jansen", "Keller", "Lindner",
    "Moreau", "Nowak", "Ortega", "Petersen", "Quist", "Reuter", "Sander", "Thiel", "Ullrich", "Vogel", "Weiss",
    "Yilmaz", "Zander", "Archer", "Barlow", "Carver", "Denham", "Ellison", "Fairley", "Granger", "Hurst", "Kendall",
    "Lockyer", "Mercer", "Norwood", "Prescott", "Radley", "Stanton",
)  # fmt: skip
COMPANY_BEGINNINGS = (
    "Alpen", "Balt", "Cedar", "Delta", "Eich", "Ferro", "Glanz", "Hafen", "Indi", "Juno", "Kupfer", "Lumen", "Mistral",
    "Nord", "Orbit", "Prisma", "Quell", "Rhein", "Silva", "Terra", "Ufer", "Vela", "Werft", "Xylo", "Zenit", "Aqua",
    "Boreal", "Cobalt", "Dune", "Ember",
)  # fmt: skip
COMPANY_ENDINGS = (
    "werk", "tec", "logic", "form", "line", "craft", "mark", "feld", "haus", "port", "bau", "med", "food", "motion",
    "optic", "chem", "paper", "energy", "data", "trade",
)  # fmt: skip
LEGAL_FORMS = ("GmbH", "AG", "Ltd", "Inc", "SE", "plc")
INDUSTRIES = ("Manufacturing", "Retail", "Healthcare", "Logistics", "Energy", "Software")
SEGMENTS = ("small", "mid-market", "enterprise")
JOB_TITLES = (
    "Head of Operations",
    "Chief Technology Officer",
    "Plant Manager",
    "Head of Purchasing",
    "Finance Director",
)

LEAD_SOURCES = ("Referral", "Partner", "Web", "Event", "Advertising", "Purchased list")
ACTIVITY_KINDS = ("call", "email", "meeting", "demo")
LOST_REASONS = ("Price", "Competitor", "No decision", "No budget", "Missing feature")
CREDIT_REASONS = ("Price corrected", "Delivered late", "Quantity corrected")
LEAVE_KINDS = ("Parental leave", "Sick leave", "Sabbatical")
TRAININGS = (
    ("Discovery questions", "Discovery"), ("Demo craft", "Demo"), ("Negotiation basics", "Negotiation"),
    ("Product update", "Product"), ("Proposal writing", "Proposal"),
)  # fmt: skip

OPEN_STAGES = ("Discovery", "Qualification", "Demo", "Proposal", "Negotiation")
STAGES = (*OPEN_STAGES, "Closed Won", "Closed Lost")
WON_STAGE = 5
LOST_STAGE = 6
KINDS = ("new", "expansion", "renewal")
NEW, EXPANSION, RENEWAL = range(3)

REGIONS = (("region_dach", "DACH"), ("region_uki", "UK and Ireland"), ("region_na", "North America"))
REGION_SHARES = (0.42, 0.25, 0.33)
REGION_COUNTRIES = (("DE", "AT", "CH"), ("GB", "IE", "GB"), ("US", "CA", "US"))
CURRENCIES = ("EUR", "GBP", "USD")
TAX_PERCENT = (19, 20, 0)
"""Tax on an invoice, by the position of its currency."""

TEAMS = (
    (0, "DACH New Business", "new"), (2, "North America East", "new"), (1, "UK and Ireland New Business", "new"),
    (0, "DACH Customer Success", "success"), (2, "North America Customer Success", "success"),
    (1, "UK and Ireland Customer Success", "success"), (0, "DACH Mid-Market", "new"), (2, "North America West", "new"),
)  # fmt: skip
"""Region, name and work of the teams; larger companies repeat them with a number."""

# Name, family, list price in whole EUR, cost in percent of the price.
PRODUCTS = (
    ("Sensor Basic", "Sensors", 240, 42), ("Sensor Pro", "Sensors", 620, 38), ("Sensor Extreme", "Sensors", 1450, 35),
    ("Gateway S", "Gateways", 890, 45), ("Gateway L", "Gateways", 2400, 41), ("Edge Server", "Gateways", 5200, 48),
    ("Insight Starter", "Software", 1200, 12), ("Insight Team", "Software", 3600, 11),
    ("Insight Enterprise", "Software", 9800, 10),
    ("Installation", "Services", 1100, 70), ("Training Day", "Services", 1600, 55), ("Care Plan", "Services", 2100, 40),
)  # fmt: skip
PRICE_PERCENT_BY_CURRENCY = (100, 85, 110)
"""Price lists in GBP and USD as percent of the one in EUR."""

AFFINITY = ((1, 4, 11), (0, 7, 6), (2, 8, 10), (3, 1, 9), (5, 8, 2), (6, 7, 8))
"""Products that each industry prefers (planted truth), positions in PRODUCTS by the position in INDUSTRIES."""

BOUGHT_TOGETHER = {4: 9, 7: 10, 8: 11, 1: 3}
"""A first product and the one that is added to it in half of the deals (planted truth)."""
