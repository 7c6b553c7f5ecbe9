//! Extracts for schools (R47, R88): whom one reaches, and that none names a reporter. A device that does not hold the
//! vault cannot know; the server does.

use documents::View;
use records::access::Compartment;
use records::rules::{Row, look, switch};
use records::{Kind, Role, veil};
use signed::{RecordId, UserId, code};

use super::audience::Entitlement;
use super::projection::{Projection, context};
use super::work::Work;
use crate::error::ServerError;

impl Entitlement<'_> {
    /// Whom an extract was released to: somebody of the school by name, else its leads. It is shared alone, whatever
    /// the school has signed and whichever school the child goes to now: somebody decided that it is to be read there.
    pub(crate) fn released_to(&self, projection: &Projection) -> Vec<UserId> {
        if projection.kind != "extract" {
            return Vec::new();
        }
        let Some(row) = &projection.row else { return Vec::new() };
        if let Some(named) = row.text("to") {
            return UserId::new(named).into_iter().collect();
        }
        let compartment = projection.compartment.parse::<Compartment>().ok();
        let Some(school) = compartment.as_ref().and_then(Compartment::school) else { return Vec::new() };
        let leads = self.people.values().filter(|person| {
            person.row.active && person.role() == Some(Role::Dsl) && person.row.schools.contains(school)
        });
        leads.map(|person| person.row.id.clone()).collect()
    }
}

impl Work<'_> {
    /// Whether an extract that is about to come in would tell a school who a reporter of its case is.
    pub(crate) fn names_reporter(&self, kind: &'static Kind, view: &View, case: RecordId) -> Result<bool, ServerError> {
        if kind.name != "extract" || !switch::on("R47") {
            return Ok(false);
        }
        let mut vault = Vec::new();
        for id in self.tx.documents_of_case(case)? {
            let compartment = self.tx.document(id)?.and_then(|row| row.compartment.parse().ok());
            if !matches!(compartment, Some(Compartment::Reporter { .. })) {
                continue;
            }
            match self.row_of(id) {
                // A name that cannot be read cannot be looked for: nothing leaves meanwhile.
                Err(error) if error.code == code::A_DOCUMENT => return Ok(true),
                row => vault.extend(row?),
            }
        }
        if vault.is_empty() {
            return Ok(false);
        }
        // What is no secret in this case is looked for nowhere, on the device that wrote it and here.
        let weighing = self.weighing(case)?;
        let others =
            weighing.view(self.now, &self.policy).rows.iter().filter(|row| !vault.iter().any(|one| one.id == row.id));
        let rows: Vec<Row> = others.cloned().chain(vault.iter().cloned()).collect();
        let said = look::words(&records::shown(kind, view, &context(self.now, &self.policy)).body);
        Ok(!veil::secret(&rows).finds(&said).is_empty())
    }
}
