//! Names and words made up from a seed: no two days are the same, and every day can be played again.

/// The people and words of one day.
#[derive(Clone, Debug)]
pub struct People {
    /// The safer schools officer.
    pub officer: String,
    /// Their sergeant.
    pub sergeant: String,
    /// The designated safeguarding lead.
    pub lead: String,
    /// The child.
    pub child: String,
    /// The school's name.
    pub school: String,
    /// The school's number.
    pub urn: String,
    /// What the school heard.
    pub concern: String,
    /// What the child said, in the child's own words.
    pub denial: String,
    /// What the officer saw.
    pub observation: String,
    /// What the officer thinks it means.
    pub interpretation: String,
    /// What the school asked for, as it was said in the corridor.
    pub request: String,
    /// What came of it.
    pub outcome: String,
}

const FIRST: [&str; 12] =
    ["Amara", "Beth", "Callum", "Dilys", "Ewan", "Farah", "Grace", "Hamid", "Imogen", "Jude", "Kezia", "Lowri"];
const LAST: [&str; 10] =
    ["Okafor", "Hughes", "Begum", "Pritchard", "Walsh", "Rahman", "Clarke", "Novak", "Adeyemi", "Lloyd"];
const CHILD: [&str; 8] = ["Maisie", "Tia", "Ellie-Mae", "Zara", "Poppy", "Niamh", "Leila", "Carys"];
const PLACE: [&str; 6] = ["Harbour", "Elm Road", "St Brannoc's", "Northmead", "Quarry Bank", "Fairfield"];
const DENIAL: [&str; 4] = [
    "No. I never went in no caravan. They're lying.",
    "I dunno what you're on about. Nothing happened. Can I go?",
    "He's just my mate's brother. I don't want to talk about it.",
    "Who said that? I'm not saying nothing.",
];
const OBSERVED: [&str; 4] = [
    "Looked at the floor throughout. Pulled her sleeves over her hands.",
    "Few answers. Laughed twice, then went quiet.",
    "Asked three times whether her mum would be told.",
    "Sat nearest the door and kept her coat on.",
];
const THOUGHT: [&str; 4] = [
    "May be frightened of what the older boy would do.",
    "May have been told what to answer.",
    "May not yet feel safe to talk to police.",
    "May be protecting somebody younger at home.",
];

/// A small generator of its own, so that a seed means the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        let place = usize::try_from(self.roll() % list.len().max(1) as u64).unwrap_or(0);
        list.get(place).copied().unwrap_or_default()
    }
}

impl People {
    /// Everybody of the day with this seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut name = |list: &[&'static str]| format!("{} {}", dice.pick(list), dice.pick(&LAST));
        let (officer, sergeant, lead, child) = (name(&FIRST), name(&FIRST), name(&FIRST), name(&CHILD));
        let place = dice.pick(&PLACE);
        let urn = format!("{}", 100_000 + dice.roll() % 50_000);
        let first = child.split(' ').next().unwrap_or_default().to_owned();
        let friend = dice.pick(&CHILD);
        Self {
            officer: format!("PC {officer}"),
            sergeant: format!("Sgt {sergeant}"),
            lead: format!("Ms {lead}"),
            school: format!("{place} School"),
            urn,
            concern: format!(
                "{friend} told her tutor that {first} has been going to a caravan with a boy of 15 or 16. \
                 {first} is twelve."
            ),
            denial: dice.pick(&DENIAL).to_owned(),
            observation: dice.pick(&OBSERVED).to_owned(),
            interpretation: dice.pick(&THOUGHT).to_owned(),
            request: format!("Could you find out whose caravan it is, and tell us before {first} goes home on Friday?"),
            outcome: format!(
                "The owner of the caravan is known. {first} is not to be released to anyone but her mother."
            ),
            child,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_day() {
        let (one, again, other) = (People::from_seed(7), People::from_seed(7), People::from_seed(8));
        assert_eq!(format!("{one:?}"), format!("{again:?}"));
        assert_ne!(format!("{one:?}"), format!("{other:?}"));
    }
}
