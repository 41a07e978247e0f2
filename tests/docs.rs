//! What the documentation quotes is what the program says, and what it links to is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Sentences on the page for whoever is in trouble; fewer would mean that they weren't found.
const SENTENCES_MIN: usize = 40;
/// The longest literal piece of a quoted sentence has at least as many characters, so that it means one place.
const PIECE_CHARS_MIN: usize = 9;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == end) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// All that the program may say: its sources without comments and tests, with texts as they are printed.
fn said() -> String {
    let mut said = String::new();
    for path in files(&root().join("src"), "rs") {
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut goes_on = false;
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let line = if goes_on { line.trim_start() } else { line };
            goes_on = line.ends_with('\\');
            said.push_str(line.strip_suffix('\\').unwrap_or(line));
            if !goes_on {
                said.push('\n');
            }
        }
    }
    said.replace("\\\"", "\"")
}

/// The quoted sentences of a page, each a line that begins with `> `.
fn quoted(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("> ")).collect()
}

/// What of a sentence is literal: what stands outside of ‹ and ›, without the punctuation that joins what is wrong and what to do.
fn pieces(sentence: &str) -> Vec<&str> {
    let literal = sentence.split('‹').map(|part| part.rsplit_once('›').map_or(part, |(_, literal)| literal));
    let trimmed = literal
        .flat_map(|literal| literal.split(';'))
        .map(|piece| piece.trim_matches(|c: char| c.is_whitespace() || ";:,.()`?".contains(c)));
    trimmed.filter(|piece| piece.chars().any(char::is_alphabetic)).collect()
}

/// Why a quoted sentence isn't one of the program's. None: it is.
fn unsaid(sentence: &str, said: &str) -> Option<String> {
    let pieces = pieces(sentence);
    if let Some(piece) = pieces.iter().find(|piece| !said.contains(**piece)) {
        return Some(format!("nothing in src says {piece:?}"));
    }
    let longest = pieces.iter().map(|piece| piece.chars().count()).max().unwrap_or_default();
    (longest < PIECE_CHARS_MIN).then(|| format!("it quotes {longest} characters at most in one piece"))
}

#[test]
fn every_sentence_on_the_page_for_trouble_is_one_that_the_program_says() {
    let (page, said) = (read(&root().join("docs/troubleshooting.md")), said());
    let sentences = quoted(&page);
    assert!(sentences.len() >= SENTENCES_MIN, "{} sentences were found", sentences.len());
    let wrong: Vec<String> = sentences
        .iter()
        .filter_map(|sentence| Some(format!("{}\n  in: {sentence}", unsaid(sentence, &said)?)))
        .collect();
    assert!(wrong.is_empty(), "docs/troubleshooting.md:\n{}", wrong.join("\n"));
}

#[test]
fn a_sentence_that_nobody_says_is_found_and_so_is_one_without_words() {
    let said = said();
    for wrong in [
        "‹jira› was never read in whole: nothing is written anywhere until it is",
        "‹github› answered ‹401›; check that the credentials are right",
        "‹a› and ‹b›",
        "‹all of it›",
    ] {
        assert!(unsaid(wrong, &said).is_some(), "{wrong}");
    }
    let right =
        "‹jira› was never read whole‹ (…)›: nothing is written anywhere until it is; see `roadmapd check --online`";
    assert_eq!(unsaid(right, &said), None);
}

fn pages() -> Vec<PathBuf> {
    let mut pages = files(&root().join("docs"), "md");
    pages.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    pages
}

/// A page's lines outside of code.
fn prose(page: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            // Every second piece between backticks is code, where brackets link nothing. A name in code may still be a link's text.
            let mut text = String::new();
            for (place, piece) in line.split('`').enumerate() {
                text.push_str(&if place % 2 == 0 { piece.to_owned() } else { piece.replace(['(', ')'], " ") });
            }
            prose.push_str(&text);
            prose.push('\n');
        }
    }
    prose
}

/// Where the links and pictures of a page lead, except to elsewhere on the web.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let targets = prose.split("](").skip(1).filter_map(|after| after.split_once(')').map(|(target, _)| target));
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in page.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if let (false, Some(heading)) = (fenced, line.strip_prefix('#')) {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            anchors.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    anchors
}

/// Why a link of this page leads nowhere. None: it leads somewhere.
fn dead(page: &Path, link: &str) -> Option<String> {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let target = if path.is_empty() { page.to_owned() } else { page.parent()?.join(path) };
    if !target.exists() {
        return Some(format!("{link}: there is no such file"));
    }
    let anchor = anchor?;
    let known = anchors(&read(&target));
    (!known.contains(anchor)).then(|| format!("{link}: no heading is {anchor:?}; there are {known:?}"))
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in pages() {
        for link in links(&read(&page)) {
            count += 1;
            wrong.extend(dead(&page, &link).map(|why| format!("{}: {why}", page.display())));
        }
    }
    assert!(count >= 60, "{count} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = root().join("docs/operations.md");
    for wrong in ["no-such.md", "../no-such/", "deploy.md#no-such-heading", "#no-such-heading"] {
        assert!(dead(&page, wrong).is_some(), "{wrong}");
    }
    for right in ["deploy.md", "../README.md#deploy-it", "#backup", "../config/recipes/two-teams.toml"] {
        assert_eq!(dead(&page, right), None, "{right}");
    }
    let told = links("[a](b.md) `x](y.md)` [c `d`](e.md#f)\n\n    [g](h.md)\n```\n[i](j.md)\n```\n![k](l.svg)");
    assert_eq!(told, ["b.md", "e.md#f", "l.svg"]);
}

#[test]
fn every_recipe_is_on_the_page_of_recipes_and_loaded_by_a_test() {
    let page = read(&root().join("docs/recipes.md"));
    let test = read(&root().join("tests/settings/shipped.rs"));
    let recipes = files(&root().join("config/recipes"), "toml");
    assert!(recipes.len() >= 4, "{recipes:?}");
    for recipe in recipes {
        let path = recipe.strip_prefix(root()).expect("inside").display().to_string();
        assert!(page.contains(&format!("(../{path})")), "{path} isn't in docs/recipes.md");
        assert!(test.contains(&format!("\"{path}\"")), "{path} isn't loaded by tests/settings/shipped.rs");
    }
}
