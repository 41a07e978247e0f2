//! The demo's corpus, compiled in from its JSON.

use super::Corpus;

/// Reads the compiled-in corpus, whose tests keep it readable.
pub(super) fn corpus() -> Corpus {
    serde_json::from_str(include_str!("shipped.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_corpus_fits_a_screen() {
        let corpus = corpus();
        let github: usize = corpus.repositories.iter().map(|repository| repository.issues.len()).sum();
        let jira: usize = corpus.projects.iter().map(|project| project.issues.len()).sum();
        assert_eq!((github, jira), (11, 10));
    }
}
