"""Texts to try each embedded model with, name → text, all written for this project. Plain data; nothing is loaded here."""

GALLERIES: dict[str, dict[str, str]] = {
    "sentiment": {
        "mixed review": "I expected a dull, predictable sequel, but the cast is wonderful and I left the cinema smiling.",
        "not bad": "Not bad at all: I came to scoff and stayed to cheer.",
        "negation": "I can't say that I enjoyed a single minute of it.",
        "double negative": "There is nothing in this film that I did not love.",
        "irony": "Oh great, two more hours of people explaining the plot to each other. Just what I needed.",
        "names": "Not even Meryl Streep and Denzel Washington can save Arthur Penrose's sleepy courtroom drama.",
        "a turn at the end": "Beautiful costumes, a lovely score, gorgeous landscapes, and not one scene that I believed.",
        "emoji": "Took the kids 🍿 and we laughed for ninety minutes straight 😂👏🏽 What a ride ❤️",
        "another language": "Ein kluger, wunderbarer Film – ich habe Tränen gelacht und würde ihn sofort wieder sehen.",
        "one word": "Unforgettable.",
        "a long one": (
            "The first half hour is a slog. We meet the three sisters one by one, each with a secret that anybody who has seen "
            "a film before will guess, and the dialogue explains what the pictures have already shown. I looked at my watch "
            "twice. Then the storm comes, the house loses its lights, and something changes: the camera slows down, the "
            "actors stop performing and start listening to each other, and a story that seemed as stiff as its furniture "
            "turns into a tender, frightening study of what families do not say.\n\n"
            "The middle sister, who has hardly spoken until then, carries a scene of nearly ten minutes in which nothing "
            "happens and everything is decided. It is the best thing I have seen all year. I wish the ending had trusted us as "
            "much; it ties a neat bow around a knot that did not need one, and the last shot belongs in an advertisement. "
            "Still, I left the cinema shaken, called my brother from the street, and have thought of little else since."
        ),
    },
    "news": {
        "a club is sold": "The football club has a new owner: an investor pays two billion dollars for players and debts.",
        "chips and shares": "Shares of the chip maker fell after its newest processor turned out to be slower than the old one.",
        "not about sports": "This is not about the match. The minister resigned because of what he was paid to arrange it.",
        "names": "Amara Okafor beat Linnea Sandberg in three sets and meets Ilka Brandvold in the final on Sunday.",
        "numbers": "Profit rose 14% to $3.2 billion in the third quarter, against 2.8 billion a year before; 1,200 jobs will go.",
        "a metaphor": "The two governments have been playing chess for months, and on Tuesday one of them lost its queen.",
        "emoji": "What a night ⚽🔥 Two goals in stoppage time and the whole town is out on the streets 🎉🎉",
        "another language": "Die Raumsonde hat nach sieben Jahren den Kometen erreicht und die ersten Bilder zur Erde geschickt.",
        "one word": "Inflation",
        "a long one": (
            "For three weeks the fishermen of the bay had complained that their phones stopped working at sunset. The mayor "
            "blamed the weather, the phone company blamed the mayor, and nobody came to look. Then a teacher and eleven of "
            "her pupils built an antenna from broom handles, carried it from street to street, and found the fault: a signal "
            "from the new radar on the hill, which the army had switched on for an exercise and forgotten.\n\n"
            "The ministry of defence apologised on Thursday. The phone company, whose shares had lost a tenth of their value, "
            "promised every household a month without charge, and the opposition wants to know in parliament who pays for it. "
            "The pupils have been invited to the national science fair. They cannot go, says their teacher, before Saturday: "
            "that is when the school plays the last match of the season, and both of the goalkeepers are among the engineers."
        ),
    },
}
