//! The authenticated user and repositories.

use serde_json::{Value, json};

use super::render::stamp;
use super::routes::{Answer, Ask, not_found, ok};
use super::{GitHub, Repo};
use crate::sandbox::Caller;

/// URLs of a repository that differ from its own by what is appended; a `!` means no slash.
const SUFFIXES: [(&str, &str); 36] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

impl GitHub {
    pub(super) fn get_user(&mut self, ask: &Ask) -> Answer {
        ask.by_person()?;
        let mut user = self.user(self.bot);
        let more = json!({
            "name": self.people[self.bot].name, "company": null, "blog": "", "location": null, "email": null, "hireable": null,
            "bio": null, "twitter_username": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
            "created_at": "2024-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "notification_email": null,
        });
        if let (Some(user), Value::Object(more)) = (user.as_object_mut(), more) {
            user.extend(more);
        }
        Ok(ok(&user))
    }

    pub(super) fn get_repository(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        Ok(ok(&self.repository_row(&self.repos[place], ask.caller)))
    }

    /// The repositories of an organisation or a person, or all that the token reaches. Of a person's, others see the public ones.
    pub(super) fn list_repositories(&mut self, ask: &Ask) -> Answer {
        let owner = (ask.at(0) != "user").then(|| ask.at(1));
        if owner.is_none() {
            ask.by_person()?;
        }
        let a_person = |login: &str| self.person_by_login.keys().any(|known| known.eq_ignore_ascii_case(login));
        let owned = |repo: &&Repo| owner.is_none_or(|owner| repo.owner.eq_ignore_ascii_case(owner));
        let right = match (ask.at(0), owner) {
            ("orgs", Some(owner)) => !a_person(owner) && self.repos.iter().any(|repo| owned(&repo)),
            ("users", Some(owner)) => a_person(owner) || self.repos.iter().any(|repo| owned(&repo)),
            _ => true,
        };
        if !right {
            return Err(not_found());
        }
        let public_only = ask.at(0) == "users";
        let affiliations = ask.call.param("affiliation").unwrap_or("owner,collaborator,organization_member");
        let bot = &self.people[self.bot].login;
        let affiliated = |repo: &&Repo| {
            owner.is_some()
                || affiliations.split(',').any(|affiliation| match affiliation {
                    "owner" => repo.owner.eq_ignore_ascii_case(bot),
                    "collaborator" => !repo.owner.eq_ignore_ascii_case(bot) && a_person(&repo.owner),
                    _ => !a_person(&repo.owner),
                })
        };
        let seen: Vec<_> = self
            .repos
            .iter()
            .filter(owned)
            .filter(affiliated)
            .filter(|repo| !repo.hidden)
            .filter(|repo| !repo.private || (!public_only && self.sees(ask, repo)))
            .collect();
        Ok(self.page(ask, seen.len(), |at| self.repository_row(seen[at], ask.caller)))
    }

    pub(super) fn repository_row(&self, repo: &Repo, caller: Caller) -> Value {
        let (url, full_name) = (self.repo_url(repo), repo.full_name());
        let html = format!("{}/{full_name}", self.web);
        let open = repo.issues.values().filter(|issue| issue.closed.is_none()).count();
        let mut row = json!({
            "id": repo.id, "node_id": format!("R_kgDO{:08}", repo.id), "name": repo.name, "full_name": full_name,
            "private": repo.private, "owner": self.owner(repo), "html_url": html, "description": repo.description,
            "fork": repo.fork, "url": url, "created_at": stamp(repo.created), "updated_at": stamp(repo.created),
            "pushed_at": stamp(repo.created), "git_url": format!("git://github.com/{full_name}.git"),
            "ssh_url": format!("git@github.com:{full_name}.git"), "clone_url": format!("{html}.git"), "svn_url": html,
            "homepage": null, "size": 108, "stargazers_count": 0, "watchers_count": 0, "language": null,
        });
        let more = json!({
            "has_issues": repo.has_issues, "has_projects": true, "has_downloads": true, "has_wiki": true, "has_pages": false,
            "has_discussions": false, "forks_count": 0, "mirror_url": null, "archived": repo.archived, "disabled": false,
            "open_issues_count": open, "license": null, "allow_forking": true, "is_template": false, "topics": [],
            "visibility": if repo.private { "private" } else { "public" }, "forks": 0, "open_issues": open, "watchers": 0,
            "default_branch": "main", "network_count": 0, "subscribers_count": 0,
        });
        if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
            row.extend(more);
        }
        for (name, suffix) in SUFFIXES {
            row[name] = Value::String(format!("{url}{suffix}"));
        }
        if caller != Caller::Nobody {
            let write = caller == Caller::Writer;
            row["permissions"] =
                json!({"admin": false, "maintain": false, "push": write, "triage": write, "pull": true});
        }
        row
    }

    pub(super) fn owner(&self, repo: &Repo) -> Value {
        let url = format!("{}/users/{}", self.base, repo.owner);
        let mut owner = self.user(self.bot);
        for (name, value) in [
            ("login", repo.owner.clone()),
            ("html_url", format!("{}/{}", self.web, repo.owner)),
            ("type", "Organization".to_owned()),
        ] {
            owner[name] = Value::String(value);
        }
        let own = format!("{}/users/{}", self.base, self.people[self.bot].login);
        if let Some(fields) = owner.as_object_mut() {
            for value in fields.values_mut() {
                if let Some(text) = value.as_str().and_then(|text| text.strip_prefix(own.as_str())) {
                    *value = Value::String(format!("{url}{text}"));
                }
            }
        }
        owner["id"] = Value::from(4_000_000_u64);
        owner["node_id"] = Value::String("O_kgDO04000000".to_owned());
        owner
    }
}
