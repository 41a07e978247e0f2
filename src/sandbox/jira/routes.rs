//! Request -> who asks -> which route -> its answer, with the headers that every Jira answer bears.

use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::Site;
use crate::sandbox::Caller;
use crate::sandbox::message::{Call, Reply, base64_decode, digest};

/// The content type of every JSON body.
const JSON: &str = "application/json;charset=UTF-8";

/// An answer either way: `Err` is one that ends the work early.
pub(super) type Answer = Result<Reply, Reply>;

/// A request on its way to a handler.
pub(super) struct Ask<'a> {
    pub call: &'a Call,
    pub caller: Caller,
    /// Version 3, whose long texts are documents.
    pub rich: bool,
}

impl Ask<'_> {
    /// The segment after `/rest/api/{version}`, counted from 0.
    pub(super) fn at(&self, place: usize) -> &str {
        self.call.segment(place + 3)
    }

    pub(super) fn known(&self) -> bool {
        self.caller != Caller::Nobody
    }
}

/// One route: its path below `/rest/api/{version}`, whether it can change something, and who answers.
pub(super) struct Route {
    pub path: &'static str,
    pub writes: bool,
    pub handler: fn(&mut Site, &Ask) -> Answer,
}

/// The route for a method and the path's segments.
pub(super) fn find(method: &str, path: &[&str]) -> Option<Route> {
    let ["rest", "api", "2" | "3", path @ ..] = path else { return None };
    let read = |path, handler| Some(Route { path, writes: false, handler });
    match (method, path) {
        ("GET", ["serverInfo"]) => read("/serverInfo", Site::get_server_info),
        ("GET", ["myself"]) => read("/myself", Site::get_myself),
        ("GET" | "POST", ["search", "jql"]) => read("/search/jql", Site::search),
        ("GET" | "POST", ["search"]) => read("/search", Site::removed_search),
        ("POST", ["issue", "bulkfetch"]) => read("/issue/bulkfetch", Site::fetch_issues),
        ("GET", ["issue", _]) => read("/issue/{issueIdOrKey}", Site::get_issue),
        ("PUT", ["issue", _]) => Some(Route { path: "/issue/{issueIdOrKey}", writes: true, handler: Site::put_issue }),
        ("GET", ["issue", _, "editmeta"]) => read("/issue/{issueIdOrKey}/editmeta", Site::get_edit_screen),
        ("GET", ["issue", _, "changelog"]) => read("/issue/{issueIdOrKey}/changelog", Site::get_changelog),
        ("POST", ["changelog", "bulkfetch"]) => read("/changelog/bulkfetch", Site::fetch_changelogs),
        ("GET", ["field"]) => read("/field", Site::list_fields),
        ("GET", ["priority", "search"]) => read("/priority/search", Site::list_priorities),
        ("GET", ["issueLinkType"]) => read("/issueLinkType", Site::list_link_kinds),
        ("GET", ["project", "search"]) => read("/project/search", Site::list_projects),
        ("GET", ["project", _]) => read("/project/{projectIdOrKey}", Site::get_project),
        ("GET", ["mypermissions"]) => read("/mypermissions", Site::get_permissions),
        _ => None,
    }
}

impl Site {
    /// Answers one request.
    pub(in crate::sandbox) fn handle(&mut self, call: &Call) -> Reply {
        self.request += 1;
        self.forget(call.now);
        let (caller, failed) = self.caller(call);
        let path: Vec<_> = call.segments.iter().map(String::as_str).collect();
        let ask = Ask { call, caller, rich: call.segment(2) == "3" };
        let reply = match find(call.method.as_str(), &path) {
            Some(route) => (route.handler)(self, &ask).unwrap_or_else(|early| early),
            None => {
                refusal(501, &format!("The sandbox's Jira doesn't know the route {} {}.", call.method, call.target))
            }
        };
        let reply = reply
            .with("server", "AtlassianEdge")
            .with("date", call.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .with("x-arequestid", digest(&[&self.request.to_be_bytes()]))
            .with("cache-control", "no-cache, no-store, no-transform");
        match caller {
            Caller::Nobody if failed => reply.with("x-seraph-loginreason", "AUTHENTICATED_FAILED"),
            Caller::Nobody => reply,
            Caller::Reader | Caller::Writer => reply.with("x-aaccountid", self.people[super::BOT].account.clone()),
        }
    }

    /// Who asks, and whether credentials came that were wrong.
    fn caller(&self, call: &Call) -> (Caller, bool) {
        if call.header(AUTHORIZATION.as_str()).is_none() {
            return (Caller::Nobody, false);
        }
        let given = call.credential().and_then(base64_decode).and_then(|bytes| String::from_utf8(bytes).ok());
        let is = |token: &str| given.as_deref() == Some(format!("{}:{token}", self.user).as_str());
        if is(&self.token) {
            (Caller::Writer, false)
        } else if is(&self.read_only_token) {
            (Caller::Reader, false)
        } else {
            (Caller::Nobody, true)
        }
    }

    fn removed_search(&mut self, _: &Ask) -> Answer {
        Err(refusal(
            410,
            "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
        ))
    }
}

pub(super) fn ok(body: &Value) -> Reply {
    Reply::json(200, JSON, body)
}

/// Jira's error with one message.
pub(super) fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, JSON, &json!({"errorMessages": [message], "errors": {}}))
}

/// Jira's error about one field.
pub(super) fn field_refusal(status: u16, field: &str, message: &str) -> Reply {
    let mut errors = serde_json::Map::new();
    errors.insert(field.to_owned(), Value::String(message.to_owned()));
    Reply::json(status, JSON, &json!({"errorMessages": [], "errors": errors}))
}

pub(super) fn no_such_issue() -> Reply {
    refusal(404, "Issue does not exist or you do not have permission to see it.")
}

pub(super) fn not_authenticated() -> Reply {
    Reply::json(
        401,
        JSON,
        &json!({"message": "Client must be authenticated to access this resource.", "status-code": 401}),
    )
}

/// The body as JSON, or Jira's answer to what is none.
pub(super) fn body_of(call: &Call) -> Result<Value, Reply> {
    call.json()
        .filter(Value::is_object)
        .ok_or_else(|| refusal(400, "There was an error parsing JSON. Check that your request body is valid."))
}

/// What a search says to credentials that it doesn't accept.
pub(in crate::sandbox) fn anonymous_empty() -> Reply {
    ok(&json!({"issues": [], "isLast": true})).with("x-seraph-loginreason", "AUTHENTICATED_FAILED")
}
