//! A build without the feature has no faults to plant, whatever the environment says.
#![cfg(not(feature = "test-faults"))]

use sync_server::core::faults::Faults;

#[test]
fn without_the_feature_nothing_can_be_planted() {
    assert!(!Faults::named("membership_off,record_lost,unsigned_accepted,unsigned_sent").any());
}
