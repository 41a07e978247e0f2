//! What init asks a person, a line an answer.

use std::io::{BufRead, Write};

use super::text::{Connection, GITHUB, Secret, Side};
use super::{Failure, output};
use crate::tracker::Reachable;

/// Times that one question is asked before init gives up.
const TRIES_MAX: usize = 5;

/// Asks on one stream and reads on another.
pub(super) struct Questions<I, O> {
    answers: I,
    voice: O,
}

impl<I: BufRead, O: Write> Questions<I, O> {
    pub(super) fn new(answers: I, voice: O) -> Self {
        Self { answers, voice }
    }

    /// Which trackers there are and how to get in.
    pub(super) fn connections(&mut self) -> Result<Vec<Connection>, Failure> {
        let mut found = Vec::new();
        self.say("Tokens stay where they are: the configuration names the variable or file. Reading is enough.");
        let url = self.ask("GitHub's address (none: -)", GITHUB)?;
        if url != "-" {
            let secret = self.secret("GITHUB_TOKEN")?;
            found.push(Connection { side: Side::Github, url, user: None, secret, containers: Vec::new() });
        }
        let url = self.ask("Jira's address, such as https://acme.atlassian.net (none: -)", "-")?;
        if url != "-" {
            let user = self.ask("The account's email (a Data Center personal access token: -)", "-")?;
            let user = (user != "-").then_some(user);
            let secret = self.secret("JIRA_TOKEN")?;
            found.push(Connection { side: Side::Jira, url, user, secret, containers: Vec::new() });
        }
        if found.is_empty() {
            return Err(Failure::Said("without a tracker there is nothing to configure".to_owned()));
        }
        Ok(found)
    }

    /// Which of these are to be read.
    pub(super) fn choice(&mut self, side: Side, found: &[Reachable]) -> Result<Vec<String>, Failure> {
        for _ in 0..TRIES_MAX {
            let answer = self.ask("Which (numbers or names, separated by commas; all: *)", "*")?;
            match chosen(side, &answer, found) {
                Ok(chosen) => return Ok(chosen),
                Err(wrong) => self.say(&wrong),
            }
        }
        Err(Failure::Said(format!("nothing was chosen; name what is meant by {}", side.flag())))
    }

    fn secret(&mut self, default: &str) -> Result<Secret, Failure> {
        let text = self.ask("Where its token is: an environment variable, or a file with its path", default)?;
        Ok(if text.contains(['/', '.']) { Secret::File(text.into()) } else { Secret::Env(text) })
    }

    /// An answer; an empty one is the default.
    fn ask(&mut self, question: &str, default: &str) -> Result<String, Failure> {
        // A voice that nobody hears is no trouble: the answers may come from a file.
        let _ = write!(self.voice, "{question} [{default}]: ").and_then(|()| self.voice.flush());
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err(Failure::Said(
                "init asks questions and nobody answers; give it flags instead (`roadmapd init --help`)".to_owned(),
            )),
            Ok(_) if line.trim().is_empty() => Ok(default.to_owned()),
            Ok(_) => Ok(line.trim().to_owned()),
            Err(error) => Err(Failure::Said(format!("the answer can't be read: {error}"))),
        }
    }

    fn say(&mut self, text: &str) {
        let _ = writeln!(self.voice, "{text}");
    }
}

/// What an answer names: places in the list, names, and on GitHub patterns.
fn chosen(side: Side, answer: &str, found: &[Reachable]) -> Result<Vec<String>, String> {
    let mut chosen = Vec::new();
    for part in answer.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let by_name = found.iter().find(|one| one.container.local.eq_ignore_ascii_case(part));
        let by_place = part.parse::<usize>().ok().and_then(|place| found.get(place.checked_sub(1)?));
        match by_name.or(by_place) {
            Some(one) => chosen.push(one.container.local.clone()),
            None if part == "*" => chosen.extend(found.iter().map(|one| one.container.local.clone())),
            None if side == Side::Github && part.contains('/') && part.contains('*') => chosen.push(part.to_owned()),
            None => return Err(format!("{} is neither a number nor a name of the list", output::fit(part, 60))),
        }
    }
    chosen.dedup();
    if chosen.is_empty() { Err("name at least one".to_owned()) } else { Ok(chosen) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ContainerKey, TrackerName};

    fn found() -> Vec<Reachable> {
        let name = TrackerName::new("github");
        let one = |local: &str| Reachable {
            container: ContainerKey::new(&name, local),
            title: String::new(),
            open: None,
            private: false,
        };
        vec![one("acme/api"), one("acme/web")]
    }

    #[test]
    fn numbers_names_patterns_and_all_are_understood_and_others_are_named() {
        for (answer, expected) in [
            ("2", &["acme/web"][..]),
            ("ACME/api, 2", &["acme/api", "acme/web"]),
            ("*", &["acme/api", "acme/web"]),
            ("acme/pay-*", &["acme/pay-*"]),
        ] {
            assert_eq!(chosen(Side::Github, answer, &found()).expect(answer), expected);
        }
        for answer in ["0", "3", "acme/none", "", "pay-*"] {
            chosen(Side::Github, answer, &found()).expect_err(answer);
        }
        chosen(Side::Jira, "acme/pay-*", &found()).expect_err("projects have no patterns");
    }

    #[test]
    fn empty_answers_take_the_defaults_and_silence_ends_it() {
        let mut heard = Vec::new();
        let answers: &[u8] = b"\nTOKEN\nhttps://acme.atlassian.net\n\n./token\n";
        let connections = Questions::new(answers, &mut heard).connections().expect("answers");
        let told: Vec<(&str, &Secret)> = connections.iter().map(|one| (one.url.as_str(), &one.secret)).collect();
        assert_eq!(
            told,
            [(GITHUB, &Secret::Env("TOKEN".into())), ("https://acme.atlassian.net", &Secret::File("./token".into()))]
        );
        assert!(String::from_utf8_lossy(&heard).contains("[GITHUB_TOKEN]"));
        let silent = Questions::new(&b""[..], Vec::new()).connections().expect_err("nobody answers");
        assert!(silent.to_string().contains("--help"), "{silent}");
    }
}
