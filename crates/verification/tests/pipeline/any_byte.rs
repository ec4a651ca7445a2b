//! No byte of something signed can change unnoticed, and nothing that arrives makes the pipeline panic.

use std::sync::LazyLock;

use portage_testkit::world::{World, verdict};
use portage_verification::{Decision, HolderExpectation, begin, is_presentation};
use proptest::{prelude::*, sample::Index, test_runner::RngSeed};

struct Stage {
    world: World,
    /// Of every format: a credential and its presentation.
    inputs: Vec<(String, String)>,
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let world = World::new();
    let inputs = World::EVERY_FORMAT.map(|(format, type_id)| {
        let credential = world.issue(type_id, format);
        let presentation = world.present(&credential, format);
        (credential, presentation)
    });
    Stage { inputs: inputs.into(), world }
});

/// One byte put in the place of another.
fn with_byte(text: &str, place: Index, byte: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let place = place.index(bytes.len());
    let changed = bytes[place] != byte;
    bytes[place] = byte;
    changed.then(|| String::from_utf8(bytes).ok()).flatten()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn one_byte_changed_is_refused_or_means_the_same(
        which in any::<Index>(),
        place in any::<Index>(),
        byte in prop_oneof![b' '..=b'~', any::<u8>()],
    ) {
        let Stage { world, inputs } = &*STAGE;
        let (credential, presentation) = which.get(inputs);
        for (text, holder) in
            [(credential, HolderExpectation::NotAsked), (presentation, portage_testkit::world::PRESENTED)]
        {
            let Some(changed) = with_byte(text, place, byte) else { continue };
            let expectations = world.expectations(holder);
            let (before, after) = (world.run(text, &expectations), world.run(&changed, &expectations));
            if let (Decision::Accepted(before), Decision::Accepted(after)) = (&before.decision, &after.decision) {
                // Only JSON has two spellings of one thing.
                prop_assert!(text.starts_with('{'), "{}", verdict(&world.run(&changed, &expectations)));
                prop_assert_eq!(before[0].claims(), after[0].claims());
            }
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            r#"[{\["a-zA-Z0-9~.,:}\] ]{0,120}"#.prop_map(String::into_bytes),
        ],
    ) {
        let expectations = STAGE.world.expectations(HolderExpectation::NotAsked);
        prop_assert!(!is_presentation(&bytes));
        let step = begin(&bytes, &expectations);
        prop_assert!(matches!(step, portage_verification::Step::Done(outcome) if !outcome.decision.reasons().is_empty()));
    }
}
