//! Attached files: each that is here whole is the one its name says.

use super::Check;
use crate::error::ServerError;

impl Check<'_> {
    pub(super) fn media(&mut self) -> Result<(), ServerError> {
        for row in self.tx.media_all()?.into_iter().filter(|row| row.complete) {
            let found = self.core.objects.look(&row.sha256)?;
            self.require(found == Some((row.sha256, row.size)), "V.media", row.sha256);
        }
        Ok(())
    }
}
