//! V-25, V-26: dates are dates, and they count.

use jiff::{SignedDuration, Timestamp};
use portage_catalog::Format;
use portage_keys::Signer;
use portage_testkit::world::{World, accepted, verdict};
use serde_json::{Value, json};

use crate::forge::{JOSE_FORMATS, assert_verdict};

/// The verdict about a credential with one member changed before it was signed.
fn with(world: &World, format: Format, type_id: &str, name: &str, value: Value) -> String {
    let mut draft = world.draft(type_id, format, world.holder.verification_key());
    draft.claims.insert(name.into(), value);
    verdict(&world.check(&world.sign(&draft, &world.issuer_of(type_id).key)))
}

#[test]
fn v25_a_date_that_is_none_is_malformed_and_never_absent() {
    let world = World::new();
    let now = world.now.as_second();
    for (format, type_id) in JOSE_FORMATS {
        for (name, sound) in [("exp", now + 60), ("nbf", now - 60), ("iat", now - 60)] {
            assert_eq!(with(&world, format, type_id, name, sound.into()), "accepted");
            for wrong in [
                json!(sound.to_string()),
                json!(true),
                json!(null),
                json!(-1),
                json!(9_007_199_254_740_993_u64),
            ] {
                let outcome = with(&world, format, type_id, name, wrong.clone());
                assert_eq!(outcome, "rejected malformed", "{} {name} {wrong}", format.name());
            }
        }
    }
    for (format, type_id) in World::EVERY_FORMAT.into_iter().filter(|(format, _)| format.is_w3c()) {
        for wrong in [json!("2026"), json!(1_768_478_400), json!(null), json!("2026-13-01T00:00:00Z")] {
            for name in ["validFrom", "validUntil"] {
                let mut draft = world.draft(type_id, format, world.holder.verification_key());
                draft.claims.insert(name.into(), wrong.clone());
                let text = match format {
                    // Signing refuses what is no JSON-LD; the form is looked at before the signature.
                    Format::LdpVc => {
                        let mut signed: Value = serde_json::from_str(&world.issue(type_id, format)).unwrap();
                        signed[name] = wrong.clone();
                        signed.to_string()
                    }
                    _ => world.sign(&draft, &world.issuer_of(type_id).key),
                };
                assert_verdict(&world.check(&text), "rejected malformed");
            }
        }
    }
}

#[test]
fn v26_time_counts_in_every_format_with_a_minute_of_leeway() {
    let world = World::new();
    let at = |seconds: i64| world.now + SignedDuration::from_secs(seconds);
    for (format, type_id) in World::EVERY_FORMAT {
        let check = |name: &str, at: Timestamp| {
            let value = match name {
                "exp" | "nbf" | "iat" => json!(at.as_second()),
                _ => json!(at.to_string()),
            };
            with(&world, format, type_id, name, value)
        };
        let names: &[(&str, &str)] = match format {
            Format::DcSdJwt => &[("nbf", "exp"), ("iat", "exp")],
            Format::LdpVc => &[("validFrom", "validUntil")],
            _ => &[("nbf", "exp"), ("validFrom", "validUntil")],
        };
        for (from, until) in names {
            assert_eq!(check(until, at(-60)), "accepted");
            assert_eq!(check(until, at(-61)), "rejected expired");
            assert_eq!(check(from, at(60)), "accepted");
            assert_eq!(check(from, at(61)), "rejected not_yet_valid");
        }
    }
}

#[test]
fn v26_an_expired_credential_asks_for_no_list() {
    let world = World::new();
    for (format, type_id) in World::EVERY_FORMAT {
        let credential = world.issue(type_id, format);
        accepted(world.check(&credential));
        world.sources.take_asked();
        let mut expectations = world.expectations(portage_verification::HolderExpectation::NotAsked);
        expectations.now = world.now + SignedDuration::from_hours(24 * 400);
        assert_verdict(&world.run(&credential, &expectations), "rejected expired");
        assert_eq!(world.sources.take_asked(), [world.issuer_of(type_id).did.as_str()]);
    }
}
