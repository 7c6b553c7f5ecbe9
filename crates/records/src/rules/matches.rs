//! R12 and R13: two records that may be about the same: both sides are told, and somebody says whether.

use signed::code;

use super::look::later;
use super::view::CaseView;
use super::{Findings, Item, Rule, To};

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R12", weigh: Some(same_number), gate: None },
    Rule { id: "R13", weigh: Some(same_other), gate: None },
];

/// R12: the same number.
fn same_number(view: &CaseView<'_>, found: &mut Findings) {
    tell(view, "R12", found);
}

/// R13: the same address, venue, email, user name or person.
fn same_other(view: &CaseView<'_>, found: &mut Findings) {
    tell(view, "R13", found);
}

fn tell(view: &CaseView<'_>, rule: &'static str, found: &mut Findings) {
    let code = if rule == "R12" { code::R12_SAME_NUMBER } else { code::R13_POSSIBLE_MATCH };
    let flag = |row: &super::Row, name: &str| row.body.get(name) == Some(&serde_json::Value::Bool(true));
    for row in view.of("match").filter(|row| row.text("rule") == Some(rule)) {
        let serious = flag(row, "serious");
        // What many share links and alerts nobody; what was rejected is over, with all it raised.
        if flag(row, "shared") || row.status == "rejected" {
            continue;
        }
        let confirmed = row.status == "confirmed";
        if confirmed && serious {
            for one in
                row.lines("records").iter().filter_map(|id| view.named(id)).filter(|one| one.declared().is_some())
            {
                if view.rows.iter().any(|known| known.id == one.id) {
                    found.mark(one, rule, "serious_match", "a confirmed match with a serious suspect: immediate");
                    found.raise(rule, one, "urgency", "immediate");
                }
            }
        }
        if confirmed && !serious {
            continue;
        }
        let text = if confirmed {
            "confirmed: this is about a suspect who is known and serious"
        } else {
            "two records may be about the same: say whether, with a reason"
        };
        let told = row.did("share").filter_map(|step| step.body.get("to")?.as_str());
        let item = Item::of(rule, code, row, row.since(), text).about(row.status.clone());
        let mut item = told.fold(item, |item, user| item.after(0, To::User(user.to_owned())));
        if serious && !confirmed {
            item = item.at(later(row.since(), view.policy.identity_check_ms), To::Sergeant);
        }
        found.owe(item);
    }
}
