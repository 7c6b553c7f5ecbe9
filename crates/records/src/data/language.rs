//! R81: wording that blames a child, and what to write instead (HMICFRS 2023; the Children's Society and
//! NAPAC, NSPCC, Cardiff University). A prompt, never a change of the text and never a hindrance; what
//! stands in quotation marks is somebody's own words and is exempt.

/// The version of the list.
pub const VERSION: u64 = 2;

/// A phrase that is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Its permanent id.
    pub id: &'static str,
    /// Beginnings of words, in order: `use` matches `used` when it ends in `*`.
    pub words: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    /// How often it has to stand in a text to be pointed at.
    pub times: usize,
}

const fn p(id: &'static str, words: &'static str, instead: &'static str) -> Phrase {
    Phrase { id, words, instead, times: 1 }
}

const CONTROLLED: &str = "is being exploited, groomed or controlled by (name or role)";
const ACTED_ON: &str = "adults are contacting, targeting or coercing the child";
const DONE_TO: &str = "describe what was done to the child";
const SEEN: &str = "describe the behaviour and distress that was seen";

/// The list.
pub const PHRASES: &[Phrase] = &[
    p("risk_self", "putting themselves at risk", "who or what makes the place or situation dangerous"),
    p("risk_herself", "putting herself at risk", "who or what makes the place or situation dangerous"),
    p("risk_himself", "putting himself at risk", "who or what makes the place or situation dangerous"),
    p("sexual_activity", "sexual activity with", "was raped or sexually abused; the child alleges abuse"),
    p("had_sex", "had sex with", "was raped or sexually abused; the child alleges abuse"),
    p("sexually_active", "sexually active", "may have been abused or coerced; under 13 it is rape"),
    p("promiscuous", "promiscuous", DONE_TO),
    p("lifestyle", "lifestyle choice", DONE_TO),
    p("streetwise", "streetwise", DONE_TO),
    p("boyfriend", "boyfriend", CONTROLLED),
    p("girlfriend", "girlfriend", CONTROLLED),
    p("relationship", "in a relationship with", CONTROLLED),
    p("associating", "associating with", CONTROLLED),
    p("contacting_adults", "contacting adults", ACTED_ON),
    p("sending_images", "sending images", ACTED_ON),
    p("drugs_for_sex", "in return for sex", "an adult supplies drugs in order to exploit"),
    p("plugging", "plugging", "is coerced to carry drugs internally"),
    p("became_involved", "became involved in", "is a victim of exploitation, has been groomed"),
    p("spending_time", "spending time with", CONTROLLED),
    p("involved_cse", "involved in cse", "is a victim of exploitation, has been groomed"),
    p("involved_cce", "involved in cce", "is a victim of exploitation, has been groomed"),
    p("runs_drugs", "runs drugs", "is exploited to move drugs or money"),
    p("drug_runner", "drug runner", "is exploited to move drugs or money"),
    p("money_mule", "money mule", "is exploited to move money"),
    p("recruited", "was recruited", "is exploited to move drugs or money"),
    p("goes_back", "goes back to", "is controlled by them"),
    p("going_missing", "keeps going missing", "is missing, may be trafficked; say what pushes or pulls"),
    p("absconds", "abscond*", "is missing, may be trafficked; say what pushes or pulls"),
    p("refuses", "refuses to engage", "is not yet able or safe to talk; say what was offered and how"),
    p("will_not_disclose", "will not disclose", "is not yet able or safe to talk; say what was offered and how"),
    p("prostitute", "prostitut*", "child sexual exploitation"),
    p("child_porn", "child porn*", "child sexual abuse images"),
    p("attention_seeking", "attention seeking", SEEN),
    p("enjoying_attention", "enjoy* the attention", SEEN),
    p("enjoying_it", "enjoy* it", SEEN),
    p("wants_it", "wants it", SEEN),
    p("bogus", "bogus", "say what is known and what is not; do not judge the account"),
    p("making_it_up", "making it up", "say what is known and what is not; do not judge the account"),
    p("unwilling", "unwilling", "say what was offered, how, and what the child said"),
    p("asking_for_it", "asking for it", DONE_TO),
    Phrase { id: "allegation", words: "allegation*", instead: "account, or what the child said", times: 2 },
];

/// One place in a text that is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The phrase.
    pub phrase: &'static Phrase,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Everything in an officer's own text that is pointed at, by place. Whole words, without regard to
/// case; nothing within quotation marks.
#[must_use]
pub fn prompts_in(text: &str) -> Vec<Hit> {
    let words = unquoted(text);
    let mut hits = Vec::new();
    for phrase in PHRASES {
        let wanted: Vec<&str> = phrase.words.split(' ').collect();
        let is = |(at, wanted): (&(usize, String), &&str)| match wanted.strip_suffix('*') {
            Some(stem) => at.1.starts_with(stem),
            None => at.1 == **wanted,
        };
        let found = words.windows(wanted.len()).filter(|window| window.iter().zip(&wanted).all(is));
        let found: Vec<Hit> = found
            .filter_map(|window| {
                let (first, last) = (window.first()?, window.last()?);
                Some(Hit { phrase, start: first.0, end: last.0 + last.1.len() })
            })
            .collect();
        if found.len() >= phrase.times {
            hits.extend(found);
        }
    }
    hits.sort_by_key(|hit| (hit.start, hit.end));
    hits
}

/// The words that stand outside quotation marks, each with its place.
fn unquoted(text: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut close: Option<char> = None;
    let mut before = ' ';
    let mut open = false;
    for (at, letter) in text.char_indices() {
        let quote = match letter {
            '"' => Some('"'),
            '\u{201c}' => Some('\u{201d}'),
            '\u{2018}' => Some('\u{2019}'),
            // An apostrophe within a word opens nothing.
            '\'' if !before.is_alphanumeric() => Some('\''),
            _ => None,
        };
        let inside = close.is_some();
        if close == Some(letter) {
            close = None;
        } else if !inside {
            close = quote;
        }
        if !inside && quote.is_none() && letter.is_alphanumeric() {
            match words.last_mut().filter(|_| open) {
                Some((_, word)) => word.extend(letter.to_lowercase()),
                None => words.push((at, letter.to_lowercase().collect())),
            }
            open = true;
        } else {
            open = false;
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<&'static str> {
        prompts_in(text).into_iter().map(|hit| hit.phrase.id).collect()
    }

    #[test]
    fn blaming_words_are_pointed_at_and_quotes_are_exempt() {
        assert_eq!(ids("She seemed to enjoy the attention."), ["enjoying_attention"]);
        assert_eq!(ids("Described as Promiscuous, a lifestyle choice"), ["promiscuous", "lifestyle"]);
        assert_eq!(ids("She said \"he is my boyfriend\" and \u{201c}I had sex with him\u{201d}."), Vec::<&str>::new());
        assert_eq!(ids("It's 'bogus' he said; it isn't bogus"), ["bogus"]);
    }

    #[test]
    fn one_allegation_is_a_word_and_repeated_it_is_doubt() {
        assert_eq!(ids("An allegation was made."), Vec::<&str>::new());
        assert_eq!(ids("An allegation; the allegations are denied").len(), 2);
    }
}
