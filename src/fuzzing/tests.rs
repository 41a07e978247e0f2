//! Every law on every seed and on what is near it, without a fuzzer; and that every target is where each looks for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::TARGETS;
use super::mutate::{Dice, mutate};

/// Inputs that are made of each target's seeds.
const MUTATIONS: u64 = 600;

fn place(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(of)
}

fn names(of: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(place(of)).unwrap_or_else(|error| panic!("fuzz/{of}: {error}"));
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// Says which input it was, once a law broke.
struct Trying<'a>(&'a str, &'a [u8]);

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} broke on b\"{}\"", self.0, self.1.escape_ascii());
        }
    }
}

#[test]
fn no_seed_and_nothing_near_one_breaks_a_law() {
    for (name, run) in TARGETS {
        let files = names(&format!("seeds/{name}"));
        let seeds: Vec<Vec<u8>> =
            files.iter().map(|file| fs::read(place(&format!("seeds/{name}/{file}"))).expect("a seed")).collect();
        for seed in &seeds {
            let _trying = Trying(name, seed);
            run(seed);
        }
        for nth in 0..MUTATIONS {
            let mut dice = Dice(nth);
            let (seed, other) = (&seeds[dice.below(seeds.len())], &seeds[dice.below(seeds.len())]);
            let input = mutate(seed, other, &mut dice);
            let _trying = Trying(name, &input);
            run(&input);
        }
    }
}

#[test]
fn every_target_has_a_program_and_seeds() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("seeds"), targets);
    let programs = names("fuzz_targets").iter().map(|name| name.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(targets, programs);
    let manifest: toml::Table =
        fs::read_to_string(place("Cargo.toml")).expect("fuzz/Cargo.toml").parse().expect("TOML");
    let bins = manifest["bin"].as_array().expect("programs");
    assert_eq!(targets, bins.iter().map(|bin| bin["name"].as_str().expect("a name").to_owned()).collect());
    for name in targets {
        let program = fs::read_to_string(place(&format!("fuzz_targets/{name}.rs"))).expect("a program");
        assert!(program.contains(&format!("roadmapd::fuzzing::{name}")), "{name} runs something else");
    }
}
