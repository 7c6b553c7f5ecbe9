//! Steps of a record's state machine.

use documents::View;
use records::rights::may_step;
use records::{Actor, Body, Context, Do, Plan, plan};
use serde_json::{Map as JsonMap, Value as Json, json};
use signed::{RecordId, code};
use sync_engine::Urgency;

use super::new::{Fresh, bring, finish};
use super::{Ids, answer, held, kind_of, small_enough};
use crate::error::{FieldError, Result};
use crate::field::Field;
use crate::matching;
use crate::pen::{Pen, Saying, Words};
use crate::project::Reader;
use crate::store::changes::DocRow;
use crate::store::lists::{self, Line};
use crate::weigh::Weighing;

impl Field {
    /// A step: `{"id","status","gaps"}`, and `"proposed"` where the server has to confirm it.
    pub fn record_do(&self, id: RecordId, verb: &str, body: Json) -> Result<Json> {
        small_enough(&body)?;
        let me = self.me()?;
        let moment = self.moment();
        let (line, plan) = self.write(false, |db| {
            if lists::draft(db, id)?.is_some() {
                return Err(FieldError::new(code::I_DRAFT, "a draft has no steps; seal it first"));
            }
            let pen = Pen { db, me: &me, moment: &moment, random: self.random() };
            if matches!(verb, "confirm_match" | "reject_match") {
                matching::ensure(&pen, id)?;
            }
            let (row, view) = held(db, id)?;
            let plan = planned(&pen, &row, &view, verb, &body)?;
            Ok((carry_out(&pen, &plan, row, view)?, plan))
        })?;
        self.saved();
        Ok(answer(&line, &plan))
    }
}

/// What a step would write, as the record stands.
fn planned(pen: &Pen<'_>, row: &DocRow, view: &View, verb: &str, body: &Json) -> Result<Plan> {
    let kind = kind_of(&row.kind)?;
    if kind.step(verb).is_none() {
        return Err(FieldError::new(code::I_VERB, "this kind of record has no such step"));
    }
    if !may_step(pen.me.role, kind, verb) {
        return Err(FieldError::new(code::I_DENIED, "this role does not take this step"));
    }
    let mut ids = Ids::new(pen.random, pen.moment.now);
    let reader = Reader { db: pen.db, me: pen.me, moment: pen.moment };
    let shown = reader.shown(row, view)?;
    let actor = Actor { user: &pen.me.user, role: pen.me.role };
    let case = view.created().and_then(|(_, made)| made.case).unwrap_or(row.record);
    let weighing = Weighing::of(pen.db, pen.me, pen.moment, case)?;
    let weighed = weighing.view(pen.moment);
    let plan = reader.with(row, view, |context| {
        // What is open beside it and was looked at here.
        let considered = context.arguments.iter().map(|a| (a.record, a.changes.clone())).collect();
        let what = Do { verb, body: body.clone(), considered };
        let context = Context { case: Some(&weighed), ..*context };
        plan(kind, view, &shown, actor, &what, &context, &mut || ids.next())
    })?;
    ids.done()?;
    Ok(plan?)
}

fn carry_out(pen: &Pen<'_>, plan: &Plan, mut row: DocRow, mut view: View) -> Result<Line> {
    let mut saying = Saying::step(&plan.step, plan.content.clone());
    saying.gaps.clone_from(&plan.gaps);
    let words = Words { saying: Some(saying), writes: plan.writes.clone(), ..Words::default() };
    pen.write(&mut row, Some(&mut view), &words, Urgency::Info)?;
    let line = finish(pen, &row, &view)?;
    let mut with = JsonMap::new();
    with.insert("case".into(), json!(line.case.map(|id| id.to_string())));
    with.insert("school".into(), json!(line.school));
    with.retain(|_, value| !value.is_null());
    let fresh = Fresh { id: row.record, kind: kind_of(&row.kind)?, body: Body(with) };
    for new in &plan.creates {
        bring(pen, new, &fresh)?;
    }
    Ok(line)
}

fn answer(line: &Line, plan: &Plan) -> Json {
    answer::json(&answer::Done {
        id: line.id.into(),
        status: line.status.clone(),
        proposed: plan.proposed.then(|| plan.step.clone()),
        gaps: answer::Gap::list(&[&plan.gaps[..], &plan.masked[..]].concat()),
    })
}
