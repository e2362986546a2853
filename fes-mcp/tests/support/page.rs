//! A browser without scripts that opens an approval page and sends its form.

use reqwest::blocking::Client;

use super::mcp::http;

/// What a page answered.
pub struct Shown {
    pub status: u16,
    pub text: String,
}

/// A page that is open in a browser.
pub struct Page {
    http: Client,
    url: String,
    cookie: String,
    pub csrf: String,
    pub text: String,
}

impl Page {
    /// Open an approval.
    pub fn open(url: &str) -> Self {
        let http = http();
        let answer = http.get(url).send().unwrap();
        assert_eq!(answer.status(), 200, "{url}");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let text = answer.text().unwrap();
        let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let csrf = csrf.split('"').next().unwrap().to_owned();
        Page { http, url: url.to_owned(), cookie, csrf, text }
    }

    /// Press a button: `approve` or `reject`.
    pub fn press(&self, decision: &str) -> Shown {
        self.send(&[("csrf", &self.csrf), ("decision", decision)])
    }

    /// Send the form with these fields.
    pub fn send(&self, fields: &[(&str, &str)]) -> Shown {
        let origin = self.url.split("/approvals").next().unwrap();
        let request = self.http.post(&self.url).form(fields);
        let answer =
            request.header("origin", origin).header("cookie", &self.cookie).send().unwrap();
        Shown { status: answer.status().as_u16(), text: answer.text().unwrap() }
    }
}
