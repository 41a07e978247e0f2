//! How good the levels are on real histories, each figure beside its baseline. The histories never enter the repository
//! (`../shared/data`, or `$ROADMAPD_SHARED/data`); without them these tests say so.

mod cold;
mod many;
mod replay;
#[expect(dead_code, reason = "shared with the laws of score, which use all of it")]
#[path = "../core/score_corpus.rs"]
mod score_corpus;
mod sizes;
mod varied;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// One of the folders with histories; without it that is said aloud, past the test runner's capture. CI counts these lines.
fn folder(name: &str, checks: usize) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("ROADMAPD_SHARED").map_or_else(beside, PathBuf::from).join("data").join(name);
    if !folder.is_dir() {
        let why = format!("no histories: there is no {}; set ROADMAPD_SHARED", folder.display());
        drop(writeln!(std::io::stderr(), "NOTICE: {checks} checks skipped: {why}"));
        return None;
    }
    Some(folder)
}

/// The packed histories of a folder by the name of their project, sorted.
fn histories(folder: &Path) -> Vec<(String, PathBuf)> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let name = |path: &Path| Some(path.file_name()?.to_str()?.strip_suffix(".csv.gz")?.to_owned());
    let mut named: Vec<_> = files.filter_map(|path| Some((name(&path)?, path))).collect();
    named.sort();
    named
}

/// Whether everything is to be measured, as `make measure` does.
fn whole() -> bool {
    std::env::var_os("MEASURE_ALL").is_some()
}

fn packed(path: &Path) -> GzDecoder<File> {
    GzDecoder::new(File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
