"""The vocabularies that names, places, numbers and words of the notes are drawn from.

A good part is made of random letters, so that copying is the only way to an answer. Each value belongs to one of three
sets by its hash: training never sees the names that are evaluated.
"""

import random
import zlib

SETS = {"eval": (0, 1), "dev": (2,)}  # of 16 parts; the others are for training


def belongs(text, which):
    part = zlib.crc32(text.lower().encode()) % 16
    if which == "train":
        return all(part not in parts for parts in SETS.values())
    return part in SETS[which]


LISTS = {
    "first": """Anna Ben Clara David Emma Felix Grace Hugo Iris Jonas Karin Leo Maya Nils Olga Paul Quentin Rosa Sam Tina
    Ulla Victor Wanda Xenia Yusuf Zoe Ahmed Aisha Akira Aleksei Amara Amir Andrea Ania Anton Arjun Astrid Beatriz Bo Bruno
    Camille Carlos Carmen Chen Chloe Dana Daria Diego Dmitri Edith Eero Elena Elias Elif Eva Fatima Femi Finn Freya Gita
    Giulia Greta Hana Hans Harriet Hassan Helena Henrik Hiro Ida Igor Ilse Ines Isaac Ivan Jamal Jana Jasper Jin Joan Jorge
    Kai Kamal Kasia Keiko Kofi Lars Laila Lena Lin Lucia Ludo Magda Malik Marco Marit Mateo Mei Mila Mina Mohan Nadia Naomi
    Niamh Nina Noor Oskar Otto Pavel Pedro Petra Pia Priya Rafael Ravi Rita Robin Ruth Sanna Sara Selma Sergei Sofia Stefan
    Suki Sven Tarek Tessa Theo Tomas Uma Vera Vikram Walter Wei Yara Yuki Zara Zeno Mum Dad Grandma""",
    "surname": """Abbott Adler Bauer Becker Blake Boyd Brandt Burke Carver Castro Chan Cohen Costa Dahl Diaz Doyle Dubois
    Eriksen Farrow Ferrari Fischer Fontaine Foster Garcia Gruber Haas Hansen Hardy Holm Ibrahim Ito Jansen Jensen Joshi
    Kaplan Kaur Keller Kim Klein Koch Kowalski Kramer Lange Larsen Lopez Marsh Mendez Meyer Moreau Moretti Murphy Nakamura
    Novak Okafor Olsen Ortega Patel Peters Petrov Quinn Ramos Reyes Rossi Russo Sato Schmid Silva Singh Sousa Stein Suzuki
    Tanaka Thorne Vargas Vogel Wagner Walsh Weber Winter Wolf Wong Yilmaz Young Zhang Zimmer""",
    "job": """plumber electrician dentist gardener carpenter painter roofer accountant lawyer notary optician vet surgeon
    cardiologist physiotherapist hairdresser barber tailor baker butcher florist locksmith mechanic mason glazier tiler
    caretaker landlord janitor neighbour librarian teacher tutor coach trainer caterer photographer cleaner babysitter
    nanny midwife pharmacist dermatologist orthodontist translator architect surveyor estate-agent piano-tuner
    chimney-sweep beekeeper upholsterer paediatrician podiatrist osteopath broker banker postman courier driver""",
    "city": """Aarhus Almeria Antwerp Basel Bergen Bilbao Bologna Bordeaux Bremen Bristol Brno Cadiz Cardiff Catania Cork
    Debrecen Dijon Dresden Dundee Durham Eindhoven Espoo Faro Gdansk Geneva Ghent Girona Graz Haarlem Hull Innsbruck Izmir
    Jena Kassel Kaunas Kiel Kyoto Leeds Leiden Leipzig Lille Linz Lisbon Lodz Lublin Lucca Lund Lyon Malaga Malmo Mantua
    Mostar Murcia Nantes Naples Odense Oporto Osaka Oulu Padua Palermo Parma Pecs Perth Piran Plzen Porto Poznan Rennes
    Riga Rijeka Rostock Rouen Salzburg Siena Split Tallinn Tampere Tartu Toledo Trento Trier Turin Turku Uppsala Utrecht
    Valencia Verona Vilnius Wroclaw York Zadar Zagreb Zurich""",
    "country": """Norway Portugal Chile Japan Kenya Peru Iceland Estonia Croatia Morocco Greece Vietnam Canada Ireland
    Poland Slovenia Turkey Tunisia Brazil India Nepal Mexico Finland Denmark Hungary Cyprus Malta Georgia Armenia Albania
    Romania Austria Belgium Scotland Wales Cuba Ghana Senegal Laos Taiwan""",
    "food": """rice lentils oats flour sugar butter eggs milk yoghurt cream cheese tofu tomatoes onions garlic carrots
    potatoes leeks spinach broccoli cabbage mushrooms peppers cucumbers apples pears bananas lemons oranges grapes plums
    cherries raspberries walnuts almonds hazelnuts raisins honey jam bread rolls pasta noodles couscous salmon tuna
    chicken beef bacon ham sausages olives capers mustard vinegar basil thyme ginger cinnamon coffee tea cocoa chickpeas
    beetroot celery fennel pumpkin radishes parsnips quinoa semolina tahini miso feta ricotta""",
    "dish": """lentil soup;onion tart;potato gratin;plum cake;lemon chicken;mushroom risotto;bean stew;fish pie;apple
    crumble;pumpkin soup;leek quiche;carrot cake;beef goulash;vegetable curry;rice pudding;banana bread;spinach lasagne;
    tomato salad;cheese souffle;nut roast;cherry strudel;pea soup;fried noodles;stuffed peppers;pancakes;shakshuka;ramen;
    paella;moussaka;dal;ratatouille;gnocchi;pizza dough;sourdough;brownies;waffles;chili;cornbread;borscht;kimchi""",
    "drink": """red wine;white wine;cider;ginger beer;apple juice;green tea;black tea;mint tea;espresso;cocoa;lemonade;
    stout;pale ale;sherry;port;tonic water;elderflower syrup;oat milk;buttermilk;kefir;rum;gin;grappa;orange juice""",
    "item": """torch hammer drill ladder bucket rope tent kettle toaster blender stapler umbrella suitcase backpack
    charger adapter headphones tripod lens thermos compass binoculars scissors glue tape screwdriver pliers spanner saw
    sandpaper paintbrush lightbulbs batteries candles matches iron vacuum broom mop dustpan hose rake spade shears
    wheelbarrow lawnmower saucepan wok colander whisk grater scales rug lamp mirror curtain cushion blanket pillow
    keyboard monitor router printer toner envelopes stamps notebook calendar passport keyring padlock""",
    "clothing": """jacket coat raincoat jeans shirt blouse skirt dress suit tie scarf gloves hat cap socks boots sandals
    slippers trainers cardigan jumper hoodie shorts swimsuit pyjamas belt waistcoat leggings""",
    "animal": """dog cat rabbit hamster parrot budgie tortoise goldfish pony guinea-pig ferret canary gecko hen goat""",
    "plant": """tomatoes;runner beans;courgettes;peas;lettuce;kale;chard;sweet corn;strawberries;blackcurrants;roses;
    tulips;dahlias;lavender;sunflowers;sage;mint;rosemary;a fig tree;an apple tree;a pear tree;hydrangeas;clematis;
    garlic;beetroot;leeks;rhubarb;peonies;marigolds;nasturtiums;ferns;an orchid""",
    "colour": """red blue green yellow orange purple grey white black brown beige turquoise crimson ivory mustard olive
    navy teal lilac maroon ochre cream charcoal coral mint sand slate terracotta""",
    "hobby": """chess climbing pottery knitting sailing rowing fencing judo yoga ballet painting choir cycling running
    swimming skiing archery bridge origami baking juggling photography birdwatching badminton tennis squash""",
    "language": """Spanish Italian Japanese Polish Dutch Greek Turkish Swedish Arabic Hindi Korean Finnish Czech Welsh
    Portuguese Danish Hebrew Latin Russian Mandarin""",
    "subject": """algebra;geometry;biology;chemistry;physics;history;geography;literature;economics;statistics;drama;
    music theory;philosophy;ethics;botany;astronomy;anatomy;logic;rhetoric;grammar;trigonometry;genetics""",
    "medicine": """ibuprofen paracetamol cetirizine amoxicillin metformin ramipril bisoprolol omeprazole pantoprazole
    salbutamol levothyroxine vitamin-D iron-tablets magnesium codeine aspirin prednisone loratadine insulin""",
    "illness": """flu;a cold;migraine;hay fever;asthma;eczema;back pain;a sprained ankle;tonsillitis;bronchitis;
    shingles;an ear infection;high blood pressure;sciatica;a stomach bug;gout;sinusitis""",
    "material": """oak pine birch walnut beech steel copper brass zinc slate granite marble linen cotton wool felt leather
    plywood glass ceramic bamboo cork concrete plaster""",
    "vehicle": """car van bike scooter motorbike camper trailer tractor canoe kayak minibus e-bike estate-car pickup""",
    "part": """knee shoulder elbow wrist hip ankle neck back thumb jaw clutch brake gearbox radiator chain pump valve
    filter gasket hinge fuse thermostat alternator exhaust bearing spring belt""",
    "task": """water the tomatoes;call the bank;pay the rent;book the ferry;renew the passport;clean the gutters;send the
    invoice;fix the gate;order new tyres;return the drill;print the tickets;write the report;sort the photos;change the
    filter;paint the fence;feed the cat;cancel the gym;collect the parcel;update the slides;proofread the contract;oil the
    hinges;buy stamps;back up the laptop;empty the cellar;mow the lawn;sharpen the knives;defrost the freezer;sew on the
    button;bleed the radiators;file the tax return;descale the kettle;wash the curtains;register for the course;sign the
    lease;measure the window;pick up the keys;bake a cake;mend the bike;reply to the landlord;iron the shirts""",
    "topic": """the new roof;the summer party;the budget;the holiday plan;the leaking tap;the school trip;the contract;
    the website;the garden fence;the merger;the hiring plan;the heating;the choir concert;the parking rules;the survey;
    the inheritance;the car repair;the logo;the flat in town;the wedding;the newsletter;the delivery;the complaint;the
    training day;the office move;the insurance claim;the exam;the menu;the bike lanes;the new software""",
    "quote": """Patience is a bridge of small stones;He who mends the net eats tomorrow;A quiet room is half the work;
    Nobody drowns in the river they respect;Begin before you are ready;Every map is a kind of promise;Work is love made
    visible;The tide asks no permission;Old songs keep the house warm;Bread first and then the poem;Do less but do it
    twice;A good question outlives its answer;Walk slowly and you will arrive;What is mended is twice owned;The sea
    remembers every ship;Small lamps make long evenings;Silence is also an answer;Measure the cloth before the king""",
    "month": "January February March April May June July August September October November December",
    "weekday": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}

TREES = "Alder Ash Birch Cedar Elm Hazel Juniper Larch Linden Maple Oak Poplar Rowan Willow Mill Church Station Harbour Castle Market Garden Bridge Forest Meadow Hill Lake River School Abbey Tower King Queen Well Orchard Quarry Heron Falcon Swan".split()
WAYS = "Lane Street Road Avenue Close Way Square Row Walk Drive Terrace Court".split()
VENUES = "Cafe;Hotel;Restaurant;Bar;Pension;Museum;Theatre;Hall;Gallery;Studio;Clinic;Cinema;Inn;Park;Stadium".split(";")
COMMON = "town library;town hall;swimming pool;community centre;corner shop;main station;old mill;health centre;scout hut;boathouse;village hall;church hall;north gate;garden shed;attic;cellar;garage;kitchen drawer;hall cupboard;bicycle shed".split(";")
FIRMS = "Ltd;and Sons;Group;Works;Systems;Bank;Energy;Insurance;Logistics;Telecom;Foods;Textiles;Partners;Press".split(";")
SHOPS = "Market;Bakery;Stores;Books;Hardware;Pharmacy;Bikes;Garden Centre;Deli;Outfitters;Electronics;Toys".split(";")
PROJECTS = "Falcon Aurora Nimbus Granite Beacon Cobalt Harbor Juniper Lantern Meridian Orion Pioneer Quartz Sable Tundra Umber Vertex Willow Zephyr Basalt Comet Delta Ember".split()
THINGS = "River Garden House Winter Letter Island Stranger Clockmaker Orchard Mountain Lighthouse Daughter Silence Mirror Journey Harbour Forest Tailor Shadow Summer Bridge Cartographer Fox Salt Thief".split()
ADJECTIVES = "Quiet Last Red Hidden Broken Long Secret Golden Lost Cold Paper Burning Distant Hollow Second Silver Wild Blue Empty Glass".split()
STREETS = 40


def split(text):
    text = " ".join(text.split())
    parts = text.split(";") if ";" in text else text.split(" ")
    return [p.strip().replace("-", " ") if p.count("-") and not p.startswith("e-") else p.strip() for p in parts]


LISTS = {name: split(text) for name, text in LISTS.items()}
ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sh sk st t th tr v w y z".split() + [""]
VOWELS = "a e i o u ai ea ee ia io oa ou".split() + list("aeiou") * 3
CODAS = "b ck d f g l ll m n nd ng nt p r rk rn rt s sh sk st t th x z".split() + [""] * 14
ACCENTED = {"a": "áàâäåã", "c": "çč", "e": "éèêë", "i": "íîï", "n": "ñ", "o": "óòôöø", "s": "šß", "u": "úùûü", "z": "ž"}
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Words:
    """Draws values of one set."""

    def __init__(self, rng, which="train"):
        self.rng, self.which = rng, which

    def draw(self, name):
        """Returns a value of a class that belongs to the set."""
        for _ in range(500):
            value = getattr(self, name, lambda: self.listed(name))()
            if name in FREE or belongs(value, self.which):
                return value
        raise ValueError(f"{name}: nothing belongs to the set {self.which}")

    def listed(self, name):
        return self.rng.choice(LISTS[name])

    def invented(self, least=2, most=3):
        """Returns a word that nobody has read before, such as Tharnio."""
        n, r = self.rng.randint(least, most), self.rng
        return "".join(r.choice(ONSETS) + r.choice(VOWELS) + (r.choice(CODAS) if r.random() < 0.5 else "") for _ in range(n))

    def name(self):
        name = self.invented().capitalize()
        return self.accented(name) if self.which == "train" and self.rng.random() < 0.08 else name

    def accented(self, name):
        """Gives one letter an accent: such letters are two tokens, and copied only if they were met."""
        places = [i for i, letter in enumerate(name) if letter in ACCENTED]
        if not places:
            return name
        at = self.rng.choice(places)
        return name[:at] + self.rng.choice(ACCENTED[name[at]]) + name[at + 1 :]

    def maybe(self, share, name):
        return self.name() if self.rng.random() < share else self.listed(name)

    def digits(self, n):
        return "".join(str(self.rng.randint(0, 9)) for _ in range(n))

    def first(self):
        return self.maybe(0.35, "first")

    def surname(self):
        return self.maybe(0.6, "surname")

    def city(self):
        return self.maybe(0.4, "city")

    def petname(self):
        return self.name()

    def street(self):
        base = self.rng.choice(TREES) if self.rng.random() < 0.5 else self.name()
        return f"{self.rng.randint(1, 180)} {base} {self.rng.choice(WAYS)}"

    def place(self):
        r = self.rng.random()
        if r < 0.25:
            return "the " + self.rng.choice(COMMON)
        if r < 0.65:
            return f"{self.rng.choice(VENUES)} {self.name()}"
        return f"{self.name()} {self.rng.choice(VENUES)}"

    def room(self):
        return self.rng.choice([f"room {self.rng.randint(1, 480)}", f"Room {self.rng.choice(LETTERS)}{self.rng.randint(1, 60)}", f"the {self.rng.choice(LISTS['colour'])} room", f"room {self.name()}"])

    def company(self):
        return f"{self.name()} {self.rng.choice(FIRMS)}" if self.rng.random() < 0.7 else self.name()

    def shop(self):
        return f"{self.name()} {self.rng.choice(SHOPS)}" if self.rng.random() < 0.5 else self.name()

    def project(self):
        return self.rng.choice(PROJECTS) if self.rng.random() < 0.4 else self.name()

    def product(self):
        return f"{self.name()} {self.rng.choice([self.digits(2), self.digits(3), 'Pro', 'Plus', 'Mini', self.rng.choice(LETTERS) + self.digits(1)])}"

    def book(self):
        r = self.rng
        return r.choice([f"The {r.choice(ADJECTIVES)} {r.choice(THINGS)}", f"{r.choice(THINGS)} of {self.name()}", f"{self.name()} and the {r.choice(THINGS)}", f"A {r.choice(THINGS)} in {r.choice(LISTS['month'])}", f"{r.choice(ADJECTIVES)} {r.choice(THINGS)}s"])

    film = song = book

    def quote(self):
        r = self.rng
        a, b = r.choice(THINGS).lower(), r.choice(THINGS).lower()
        return r.choice([self.listed("quote"), f"Every {a} is a kind of {b}", f"The {r.choice(ADJECTIVES).lower()} {a} asks no {b}", f"A {a} is worth two {b}s", f"Trust the {a} before the {b}", f"{self.name()} never saw the {r.choice(ADJECTIVES).lower()} {a}"])

    def word(self):
        return self.invented(2, 4)

    def date(self):
        r, day, month = self.rng, self.rng.randint(1, 28), self.rng.choice(LISTS["month"])
        return r.choice([f"{day} {month}", f"{day} {month}", f"{month} {day}", f"{day} {month[:3]}", f"{day} {month} {r.randint(2023, 2031)}", f"{day}.{r.randint(1, 12)}.", f"{day}/{r.randint(1, 12)}"])

    def time(self):
        r = self.rng
        hour = r.randint(1, 12)
        return r.choice([f"{r.randint(6, 22)}:{r.choice('012345')}{r.choice('05')}"] * 3 + [f"{hour} am", f"{hour} pm", f"{hour}:{r.choice(['15', '30', '45'])} pm", f"half past {r.choice(NUMBERS[:12])}", f"quarter to {r.choice(NUMBERS[:12])}", "noon"])

    def duration(self):
        r = self.rng
        return r.choice([f"{r.randint(2, 90)} minutes", f"{r.choice(NUMBERS)} hours", f"{r.randint(2, 14)} days", f"{r.choice(NUMBERS)} weeks", f"{r.randint(2, 18)} months", f"{r.randint(2, 30)} years", f"{r.randint(1, 9)} h {r.randint(1, 59)} min"])

    def year(self):
        return str(self.rng.randint(1890, 2032))

    def age(self):
        return str(self.rng.randint(1, 99))

    def number(self):
        return self.rng.choice(NUMBERS) if self.rng.random() < 0.4 else str(self.rng.randint(2, 20))

    def count(self):
        return str(self.rng.randint(2, 60))

    def amount(self):
        r = self.rng
        return r.choice([f"{r.randint(1, 40) * 25} g", f"{r.randint(1, 5)}.{r.randint(1, 9)} kg", f"{r.randint(1, 9)} litres", f"{r.randint(1, 30) * 50} ml", f"{r.randint(2, 8)} cups", f"{r.randint(2, 6)} spoons", f"{r.choice(NUMBERS)} bags", f"{r.choice(NUMBERS)} tins", f"{r.randint(2, 12)} bottles"])

    def price(self):
        r, n = self.rng, self.rng.choice([self.rng.randint(2, 99), self.rng.randint(100, 4000)])
        return r.choice([f"{n}.{r.randint(0, 9)}0 euros", f"{n} euros", f"${n}", f"{n} pounds", f"${n}.{self.digits(2)}", f"{n} francs"])

    def percent(self):
        return f"{self.rng.randint(1, 99)} percent" if self.rng.random() < 0.5 else f"{self.rng.randint(1, 99)}%"

    def size(self):
        r = self.rng
        return r.choice([str(r.randint(34, 48)), f"{r.randint(20, 300)} x {r.randint(20, 300)} cm", f"{r.randint(20, 300)} cm", r.choice(["S", "M", "L", "XL"]), f"{r.randint(2, 8)}.{r.randint(1, 9)} x {r.randint(2, 8)}.{r.randint(1, 9)} m"])

    def distance(self):
        r = self.rng
        return r.choice([f"{r.randint(2, 120)} km", f"{r.randint(2, 60)}.{r.randint(1, 9)} km", f"{r.randint(2, 60)} miles", f"{r.randint(2, 90) * 10} metres"])

    def weight(self):
        r = self.rng
        return r.choice([f"{r.randint(2, 120)} kg", f"{r.randint(2, 120)}.{r.randint(1, 9)} kg", f"{r.randint(2, 90) * 10} g"])

    def temperature(self):
        return f"{self.rng.randint(2, 24) * 10} degrees" if self.rng.random() < 0.5 else f"{self.rng.randint(-15, 40)} C"

    def phone(self):
        return self.rng.choice(["0{} {}", "+{} {}", "0{}-{}", "{} {}"]).format(self.digits(2), self.rng.choice([self.digits(6), f"{self.digits(3)} {self.digits(4)}"]))

    def email(self):
        return f"{self.invented()}@{self.invented(1, 2)}.{self.rng.choice(['org', 'com', 'net', 'eu'])}"

    def url(self):
        return f"{self.invented()}.{self.rng.choice(['org', 'com', 'net', 'io'])}/{self.invented(1, 2)}"

    def code(self):
        alphabet = LETTERS + "23456789"
        return "".join(self.rng.choice(alphabet) for _ in range(self.rng.randint(4, 10)))

    def pin(self):
        return self.digits(self.rng.choice([4, 4, 5, 6]))

    def plate(self):
        return f"{self.letters(2)} {self.letters(2)} {self.digits(3)}"

    def letters(self, n):
        return "".join(self.rng.choice(LETTERS) for _ in range(n))

    def flight(self):
        return f"{self.letters(2)} {self.digits(3)}"

    def train(self):
        return f"{self.rng.choice(['IC', 'RE', 'EC', 'TGV', 'R', 'S'])} {self.digits(self.rng.randint(2, 4))}"

    def platform(self):
        return f"platform {self.rng.randint(1, 24)}{self.rng.choice(['', '', 'a', 'b'])}"

    def seat(self):
        return f"{self.rng.randint(1, 90)}{self.rng.choice(LETTERS[:6])}"

    def password(self):
        return self.rng.choice([f"{self.invented()}{self.digits(2)}", f"{self.invented(1, 2)}-{self.invented(1, 2)}-{self.digits(2)}", self.code() + self.rng.choice("!?#")])


# Words for one another in questions about notes, in one form each.
ALIKE = [line.split("|") for line in """begin|start
begins|starts
began|started
ends|finishes
buy|purchase
bought|purchased
children|kids
child|kid
doctor|physician
mother|mum|mom
father|dad
grandmother|grandma|gran
grandfather|grandpa
phone|telephone
big|large
small|little
reach|contact
shop|store
car|vehicle
bike|bicycle
photo|picture
photos|pictures
present|gift
presents|gifts
trip|journey
flat|apartment
lives|resides
live|reside
needs|requires
needed|required
repair|mend|fix
repaired|mended|fixed
broken|damaged
ill|sick
answer|reply
city|town
street|road
dinner|supper
kept|stored
hidden|concealed
talk|speak
talked|spoke
happens|occurs
happened|occurred
allowed|permitted
forbidden|prohibited
likes|loves|enjoys
hates|dislikes
hate|dislike
teacher|instructor
boss|manager
colleague|coworker
garden|yard
cellar|basement
rubbish|trash|garbage
lift|elevator
password|passcode
luggage|baggage
film|movie
trousers|pants
jumper|sweater
sofa|couch
fridge|refrigerator
arrive|come
arrives|comes
delivered|brought
medicine|medication
pills|tablets
amount|quantity
problem|trouble
advice|tip
fee|charge
money|cash
guests|visitors
baby|infant
party|celebration
exam|test
build|construct
built|constructed
exactly|precisely
suggested|recommended|proposed
suggest|recommend
suggests|recommends
planned|intended
cancelled|called off
postponed|put off
reason|cause
finished|completed
expensive|costly
cheap|inexpensive
noise|sound
surname|last name|family name
died|passed away
collect|pick up
collected|picked up
organises|arranges
chooses|picks
must|should
away|gone
tall|high
job|occupation
tired|sleepy
afraid|scared
visit|come by
cook|prepare
cooked|prepared
instructions|manual
choir|chorus
taxi|cab
bin|dustbin
holiday|vacation
holidays|vacation
neighbour|person next door
neighbours|people next door
wallet|purse
spectacles|glasses
mobile|cell phone
lorry|truck
chemist|pharmacy
timetable|schedule
queue|line
biscuits|cookies
sweets|candy
torch|flashlight
tap|faucet
nappy|diaper
motorway|highway""".splitlines()]
ALIKE = {word: [w for w in line if w != word] for line in reversed(ALIKE) for word in line if " " not in word}

NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()

# Numbers and the calendar cannot be kept apart, and neither can short lists.
FREE = set("""weekday month date time duration year age number count amount price percent size distance weight temperature
 pin seat platform train""".split())
FREE |= {n for n, values in LISTS.items() if not all(any(belongs(v, s) for v in values) for s in ("train", *SETS))}
