//! Request -> who asks -> which route -> its answer, with the headers that every GitHub answer bears.

use http::header::{AUTHORIZATION, IF_NONE_MATCH, USER_AGENT};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{GitHub, Repo};
use crate::sandbox::Caller;
use crate::sandbox::message::{Call, Reply, digest, http_date};

/// The content type of every JSON body.
const JSON: &str = "application/json; charset=utf-8";
/// The API versions that are served.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// An answer either way: `Err` is one that ends the work early.
pub(super) type Answer = Result<Reply, Reply>;

/// A request on its way to a handler.
pub(super) struct Ask<'a> {
    pub call: &'a Call,
    pub caller: Caller,
    /// Whose credential it is, where it is a token's.
    pub actor: usize,
    /// The installation whose token it is, by its place.
    pub installation: Option<usize>,
    /// Signed by the app itself.
    pub app: bool,
    /// The path's segments, with `/repositories/{id}` replaced by `/repos/{owner}/{repo}`.
    pub path: Vec<String>,
    /// Asked for the API version that has lost `assignee`.
    pub modern: bool,
}

impl Ask<'_> {
    pub(super) fn at(&self, place: usize) -> &str {
        self.path.get(place).map_or("", String::as_str)
    }

    /// Only for people (and bots with an account), not for apps.
    pub(super) fn by_person(&self) -> Result<(), Reply> {
        if self.installation.is_some() || self.app {
            return Err(refusal(403, "Resource not accessible by integration"));
        }
        if self.caller == Caller::Nobody { Err(refusal(401, "Requires authentication")) } else { Ok(()) }
    }
}

/// Who asks, and as what.
pub(super) struct Who {
    pub caller: Caller,
    pub actor: usize,
    pub installation: Option<usize>,
    pub app: bool,
}

/// One route: its path as GitHub's description writes it, and who answers.
pub(super) struct Route {
    pub path: &'static str,
    pub handler: fn(&mut GitHub, &Ask) -> Answer,
}

/// The path's segments with a repository's id written as a repository's name, for finding the route.
pub(super) fn normal(segments: &[String]) -> Vec<&str> {
    match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["repositories", _, rest @ ..] => ["repos", "_", "_"].iter().chain(rest).copied().collect(),
        same => same.to_vec(),
    }
}

/// The route for a method and the path's segments.
pub(super) fn find(method: &str, path: &[&str]) -> Option<Route> {
    let route = |path, handler| Some(Route { path, handler });
    match (method, path) {
        ("GET", ["user"]) => route("/user", GitHub::get_user),
        ("GET", ["user", "repos"]) => route("/user/repos", GitHub::list_repositories),
        ("GET", ["orgs", _, "repos"]) => route("/orgs/{org}/repos", GitHub::list_repositories),
        ("GET", ["users", _, "repos"]) => route("/users/{username}/repos", GitHub::list_repositories),
        ("GET", ["app"]) => route("/app", GitHub::get_app),
        ("GET", ["app", "installations"]) => route("/app/installations", GitHub::list_installations),
        ("POST", ["app", "installations", _, "access_tokens"]) => {
            route("/app/installations/{installation_id}/access_tokens", GitHub::mint_token)
        }
        ("GET", ["installation", "repositories"]) => {
            route("/installation/repositories", GitHub::list_installation_repositories)
        }
        ("GET", ["rate_limit"]) => route("/rate_limit", GitHub::get_rate_limit),
        (_, ["repos", _, _, rest @ ..]) => find_in_repository(method, rest),
        _ => None,
    }
}

fn find_in_repository(method: &str, path: &[&str]) -> Option<Route> {
    let route = |path, handler| Some(Route { path, handler });
    match (method, path) {
        ("GET", []) => route("/repos/{owner}/{repo}", GitHub::get_repository),
        ("GET", ["issues"]) => route("/repos/{owner}/{repo}/issues", GitHub::list_issues),
        ("GET", ["issues", "events"]) => route("/repos/{owner}/{repo}/issues/events", GitHub::list_repository_events),
        ("GET", ["issues", "comments"]) => {
            route("/repos/{owner}/{repo}/issues/comments", GitHub::list_repository_comments)
        }
        ("GET", ["issues", _, "comments"]) => {
            route("/repos/{owner}/{repo}/issues/{issue_number}/comments", GitHub::list_issue_comments)
        }
        ("GET", ["issues", _]) => route("/repos/{owner}/{repo}/issues/{issue_number}", GitHub::get_issue),
        ("GET", ["issues", _, "events"]) => {
            route("/repos/{owner}/{repo}/issues/{issue_number}/events", GitHub::list_issue_events)
        }
        ("GET", ["issues", _, "parent"]) => {
            route("/repos/{owner}/{repo}/issues/{issue_number}/parent", GitHub::get_parent)
        }
        ("GET", ["issues", _, "sub_issues"]) => {
            route("/repos/{owner}/{repo}/issues/{issue_number}/sub_issues", GitHub::list_sub_issues)
        }
        ("GET", ["issues", _, "dependencies", "blocked_by"]) => {
            route("/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by", GitHub::list_blocked_by)
        }
        ("GET", ["issues", _, "dependencies", "blocking"]) => {
            route("/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocking", GitHub::list_blocking)
        }
        (_, ["issues", _, "labels"]) => {
            let handler = match method {
                "GET" => GitHub::list_issue_labels,
                "POST" => GitHub::add_issue_labels,
                "PUT" => GitHub::set_issue_labels,
                "DELETE" => GitHub::clear_issue_labels,
                _ => return None,
            };
            route("/repos/{owner}/{repo}/issues/{issue_number}/labels", handler)
        }
        ("DELETE", ["issues", _, "labels", _]) => {
            route("/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", GitHub::remove_issue_label)
        }
        ("GET", ["pulls", _]) => route("/repos/{owner}/{repo}/pulls/{pull_number}", GitHub::get_pull),
        ("GET", ["labels"]) => route("/repos/{owner}/{repo}/labels", GitHub::list_labels),
        ("POST", ["labels"]) => route("/repos/{owner}/{repo}/labels", GitHub::post_label),
        ("GET", ["labels", _]) => route("/repos/{owner}/{repo}/labels/{name}", GitHub::get_label),
        ("PATCH", ["labels", _]) => route("/repos/{owner}/{repo}/labels/{name}", GitHub::patch_label),
        ("DELETE", ["labels", _]) => route("/repos/{owner}/{repo}/labels/{name}", GitHub::delete_catalogue_label),
        _ => None,
    }
}

impl GitHub {
    /// Answers one request.
    pub(in crate::sandbox) fn handle(&mut self, call: &Call) -> Reply {
        self.request += 1;
        let mut reply = self.answer(call).unwrap_or_else(|early| early);
        let fresh = self.mark(call, &mut reply);
        if self.window_end <= call.now {
            self.window_end = call.now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(call.now);
            self.used = 0;
        }
        if fresh && call.segment(0) != "rate_limit" {
            self.used += 1;
        }
        self.dress(call, reply)
    }

    fn answer(&mut self, call: &Call) -> Answer {
        if call.header(USER_AGENT.as_str()).is_none_or(str::is_empty) {
            let body = b"\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check https://developer.github.com for other possible causes.\r\n";
            return Err(Reply { kind: Some("text/html; charset=utf-8"), body: body.to_vec(), ..Reply::empty(403) });
        }
        let who = self.who(call)?;
        let version = call.header("x-github-api-version").unwrap_or(VERSIONS[0]);
        if !VERSIONS.contains(&version) {
            let message = format!(
                "The version you specified in the \"X-GitHub-Api-Version\" request header, {version:?}, is not supported."
            );
            return Err(refusal(400, &message));
        }
        let path = match self.by_repository_id(call) {
            Some(path) => path,
            None => call.segments.clone(),
        };
        let Who { caller, actor, installation, app } = who;
        let ask = Ask { call, caller, actor, installation, app, path, modern: version == VERSIONS[1] };
        let borrowed: Vec<_> = ask.path.iter().map(String::as_str).collect();
        if app && borrowed.first() != Some(&"app") {
            return Err(refusal(403, "Resource not accessible by integration"));
        }
        if self.enterprise
            && matches!(borrowed.as_slice(), ["repos", _, _, "issues", _, "dependencies" | "sub_issues" | "parent", ..])
        {
            return Err(not_found());
        }
        match find(call.method.as_str(), &borrowed) {
            Some(route) => (route.handler)(self, &ask),
            None => Err(unknown_route(call)),
        }
    }

    fn who(&mut self, call: &Call) -> Result<Who, Reply> {
        let account = |caller| Ok(Who { caller, actor: self.bot, installation: None, app: false });
        if call.header(AUTHORIZATION.as_str()).is_none() {
            return account(Caller::Nobody);
        }
        match call.credential() {
            Some(token) if token == self.token => account(Caller::Writer),
            Some(token) if token == self.read_only_token => account(Caller::Reader),
            Some(token) => self.app_or_installation(token, call.now),
            None => Err(refusal(401, "Bad credentials")),
        }
    }

    /// Whether the caller may see a private repository.
    pub(super) fn sees(&self, ask: &Ask, repo: &Repo) -> bool {
        match ask.installation {
            Some(place) => self.granted(place, repo),
            None => ask.caller != Caller::Nobody,
        }
    }

    /// The path under the repository's name, where it was asked for by id.
    fn by_repository_id(&self, call: &Call) -> Option<Vec<String>> {
        let id: u64 = (call.segment(0) == "repositories").then(|| call.segment(1).parse().ok()).flatten()?;
        let repo = self.repos.iter().find(|repo| repo.id == id);
        let (owner, name) = repo.map_or(("", ""), |repo| (&repo.owner, &repo.name));
        let mut path = vec!["repos".to_owned(), owner.to_owned(), name.to_owned()];
        path.extend(call.segments.iter().skip(2).cloned());
        Some(path)
    }

    /// The repository that the path names, or the answer that says why not.
    pub(super) fn repo_of(&self, ask: &Ask) -> Result<usize, Reply> {
        let full_name = format!("{}/{}", ask.at(1), ask.at(2));
        if let Some(place) = self.repo_named(&full_name) {
            let repo = &self.repos[place];
            let hidden = repo.hidden || (repo.private && !self.sees(ask, repo));
            return if hidden { Err(not_found()) } else { Ok(place) };
        }
        let folded = full_name.to_lowercase();
        let moved = self.repos.iter().find(|repo| repo.old_names.contains(&folded)).ok_or_else(not_found)?;
        if moved.private && !self.sees(ask, moved) {
            return Err(not_found());
        }
        let rest = ask.call.target.trim_start_matches('/').splitn(4, '/').nth(3);
        let query = ask.call.target.split_once('?').filter(|_| rest.is_none()).map(|(_, query)| format!("?{query}"));
        let rest = rest.map(|rest| format!("/{rest}")).or(query).unwrap_or_default();
        let status = if ask.call.method == http::Method::GET { 301 } else { 307 };
        Err(moved_to(status, format!("{}/repositories/{}{rest}", self.base, moved.id)))
    }

    /// The repository, if the caller may change it.
    pub(super) fn repo_for_write(&self, ask: &Ask) -> Result<usize, Reply> {
        let place = self.repo_of(ask)?;
        if ask.installation.is_some_and(|at| ask.caller != Caller::Writer || !self.granted(at, &self.repos[place])) {
            return Err(refusal(403, "Resource not accessible by integration")
                .with("x-accepted-github-permissions", "issues=write; pull_requests=write"));
        }
        match ask.caller {
            Caller::Nobody => Err(refusal(401, "Requires authentication")),
            Caller::Reader => Err(refusal(403, "Resource not accessible by personal access token")
                .with("x-accepted-github-permissions", "issues=write; pull_requests=write")),
            Caller::Writer if self.repos[place].archived => {
                Err(refusal(403, "Repository was archived so is read-only."))
            }
            Caller::Writer => Ok(place),
        }
    }

    /// Adds the ETag; turns the answer into a 304 where the caller has it. `false` when it did.
    fn mark(&self, call: &Call, reply: &mut Reply) -> bool {
        if call.method != http::Method::GET || reply.status != 200 {
            return true;
        }
        let link = reply.headers.iter().find(|(name, _)| *name == "link").map_or("", |(_, link)| link);
        let token = call.credential().unwrap_or_default();
        let etag = format!("W/\"{}\"", digest(&[token.as_bytes(), link.as_bytes(), &reply.body]));
        let known = call.header(IF_NONE_MATCH.as_str()).unwrap_or_default();
        let hash = etag.trim_start_matches("W/");
        let same = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == hash);
        if same {
            *reply = Reply::empty(304);
        }
        reply.headers.push(("etag", etag));
        !same
    }

    fn dress(&self, call: &Call, mut reply: Reply) -> Reply {
        let limit = self.limit_per_hour;
        let expires = self.token_expires.filter(|_| call.credential() == Some(self.token.as_str()));
        if let Some(at) = expires {
            let text = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
            reply.headers.push(("github-authentication-token-expiration", text));
        }
        if !self.enterprise {
            let left = limit.saturating_sub(self.used);
            reply.headers.extend([
                ("x-ratelimit-limit", limit.to_string()),
                ("x-ratelimit-remaining", left.to_string()),
                ("x-ratelimit-used", self.used.to_string()),
                ("x-ratelimit-reset", self.window_end.as_second().to_string()),
                ("x-ratelimit-resource", "core".to_owned()),
            ]);
        } else {
            reply.headers.push(("x-github-enterprise-version", "3.17.0".to_owned()));
        }
        let version = call.header("x-github-api-version").unwrap_or(VERSIONS[0]);
        reply
            .with("date", http_date(call.now))
            .with("server", "github.com")
            .with("vary", "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With")
            .with("cache-control", "private, max-age=60, s-maxage=60")
            .with("x-github-media-type", "github.v3; format=json")
            .with("x-github-api-version-selected", version.to_owned())
            .with(
                "x-github-request-id",
                format!("5A0D:{:04X}:{:06X}:{:06X}", self.request & 0xffff, self.request, self.used),
            )
    }

    fn get_rate_limit(&mut self, ask: &Ask) -> Answer {
        if self.enterprise {
            return Err(refusal(404, "Rate limiting is not enabled."));
        }
        let reset = self.window_end.max(ask.call.now).as_second();
        let limit = self.limit_per_hour;
        let core =
            json!({"limit": limit, "used": self.used, "remaining": limit.saturating_sub(self.used), "reset": reset});
        let search = json!({"limit": 30, "used": 0, "remaining": 30, "reset": reset});
        let graphql = json!({"limit": 5000, "used": 0, "remaining": 5000, "reset": reset});
        Ok(ok(&json!({"resources": {"core": core, "search": search, "graphql": graphql}, "rate": core})))
    }
}

pub(super) fn ok(body: &Value) -> Reply {
    Reply::json(200, JSON, body)
}

pub(super) fn created(body: &Value) -> Reply {
    Reply::json(201, JSON, body)
}

/// GitHub's plain error.
pub(super) fn refusal(status: u16, message: &str) -> Reply {
    let body =
        json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string()});
    Reply::json(status, JSON, &body)
}

pub(super) fn not_found() -> Reply {
    refusal(404, "Not Found")
}

pub(super) fn moved_to(status: u16, location: String) -> Reply {
    let body = json!({
        "message": "Moved Permanently", "url": location,
        "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
    });
    Reply::json(status, JSON, &body).with("location", location)
}

/// GitHub's 422 with one error.
pub(super) fn invalid(resource: &str, field: &str, code: &str, message: Option<&str>) -> Reply {
    let mut error = json!({"resource": resource, "code": code, "field": field});
    if let Some(message) = message {
        error["message"] = Value::String(message.to_owned());
    }
    let body = json!({
        "message": "Validation Failed", "errors": [error], "documentation_url": "https://docs.github.com/rest/issues", "status": "422",
    });
    Reply::json(422, JSON, &body)
}

/// The sandbox's own refusal of something that GitHub knows and it doesn't.
pub(super) fn not_built(what: &str) -> Reply {
    refusal(501, &format!("The sandbox's GitHub doesn't know {what}."))
}

fn unknown_route(call: &Call) -> Reply {
    not_built(&format!("the route {} {}", call.method, call.target))
}
