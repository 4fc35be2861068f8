//! Code of plugins, uploaded and replaced over HTTP.

use serde_json::json;

use super::{Api, TRIGGER, definition};

const FILES: &str = "/api/v3/plugins/files";
const DIRECTORY: &str = "/api/v3/plugins/directory";

fn answering(text: &str) -> String {
    format!("def process_request(local, query, headers, body, args=None):\n    return '{text}'\n")
}

async fn asked(api: &Api) -> String {
    api.get("/api/v3/engine/t").await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_file_runs_and_a_new_version_takes_effect_at_once() {
    let api = Api::start();
    let upload = |text: &str| json!({"plugin_name": "made/by/me.py", "content": answering(text)});
    assert_eq!(api.post(FILES, upload("one")).await, (200, String::new()));
    assert_eq!(api.post("/api/v3/configure/database", json!({"db": "db"})).await.0, 200);
    assert_eq!(api.post(TRIGGER, definition("t", "made/by/me.py", "request:t")).await.0, 200);
    assert_eq!(asked(&api).await, "one");
    assert_eq!(api.put(FILES, json!({"plugin_name": "t", "content": answering("two")})).await, (200, String::new()));
    assert_eq!(asked(&api).await, "two");
    assert_eq!(api.post(FILES, upload("three")).await.0, 200);
    assert_eq!(asked(&api).await, "three");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_no_plugin_leaves_the_old_one_in_place() {
    let api = Api::start();
    api.trigger("t", "request:t", &answering("good")).await;
    for (content, says) in [("def (", "t.py:1:5: SyntaxError"), ("x = 1\n", "lacks the entry point")] {
        let (status, why) = api.put(FILES, json!({"plugin_name": "t", "content": content})).await;
        assert!(status == 400 && why.contains(says), "{status} {why}");
        assert_eq!(std::fs::read_to_string(api.server.plugins().join("t.py")).unwrap(), answering("good"));
        assert_eq!(asked(&api).await, "good");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_replaced_as_a_whole_or_not_at_all() {
    let api = Api::start();
    let folder = api.server.plugins().join("pack");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("__init__.py"), "from .say import process_request\n").unwrap();
    std::fs::write(folder.join("say.py"), answering("old")).unwrap();
    assert_eq!(api.post("/api/v3/configure/database", json!({"db": "db"})).await.0, 200);
    assert_eq!(api.post(TRIGGER, definition("t", "pack", "request:t")).await.0, 200);
    assert_eq!(asked(&api).await, "old");
    let files = |init: &str| {
        json!({"plugin_name": "t", "files": [
            {"relative_path": "__init__.py", "content": init},
            {"relative_path": "sub/words.py", "content": answering("new")},
            {"relative_path": "sub/__init__.py", "content": ""},
        ]})
    };
    let (status, why) = api.put(DIRECTORY, files("from .sub.words import (")).await;
    assert!(status == 400 && why.contains("__init__.py"), "{status} {why}");
    assert!(folder.join("say.py").exists() && asked(&api).await == "old");

    assert_eq!(api.put(DIRECTORY, files("from .sub.words import process_request\n")).await, (200, String::new()));
    assert_eq!(asked(&api).await, "new");
    assert!(!folder.join("say.py").exists());
    assert_eq!(std::fs::read_dir(api.server.plugins()).unwrap().count(), 1);
    // What is uploaded into the folder is checked with all of it.
    let (status, why) = api.post(FILES, json!({"plugin_name": "pack/sub/words.py", "content": "def ("})).await;
    assert!(status == 400 && why.contains("words.py"), "{status} {why}");
    assert_eq!(asked(&api).await, "new");
    let one = json!({"plugin_name": "t", "content": answering("init")});
    assert_eq!(api.put(FILES, one).await.0, 200);
    assert_eq!(asked(&api).await, "init");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_outside_of_the_plugin_directory() {
    let api = Api::start();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), api.server.plugins().join("link")).unwrap();
    api.server.save("file.py", "");
    let long = "x".repeat(300);
    for path in ["file.py/x.py", &long] {
        let (status, why) = api.post(FILES, json!({"plugin_name": path, "content": ""})).await;
        assert!(status == 400 && why.contains("there cannot be a file of this name"), "{status} {why}");
    }
    for path in ["../x.py", "/tmp/x.py", "link/x.py", "a/../../x.py", "", ".x.py", "a\\x.py", "x\0.py"] {
        let (status, why) = api.post(FILES, json!({"plugin_name": path, "content": ""})).await;
        assert!(status == 400 && why.contains("Path traversal detected"), "{path}: {status} {why}");
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    api.trigger("t", "request:t", &answering("x")).await;
    let files = json!({"plugin_name": "t", "files": [{"relative_path": "__init__.py", "content": ""}]});
    assert!(api.put(DIRECTORY, files).await.1.contains("is a single file"));
    let (status, why) = api.put(FILES, json!({"plugin_name": "none", "content": ""})).await;
    assert!(status == 404 && why.contains("Plugin not found: none"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_of_one_name_in_two_databases_are_told_apart() {
    let api = Api::start();
    api.trigger("t", "request:t", &answering("one")).await;
    api.server.save("other.py", answering("two"));
    assert_eq!(api.post("/api/v3/configure/database", json!({"db": "more"})).await.0, 200);
    let mut other = definition("t", "other.py", "request:u");
    other["db"] = json!("more");
    assert_eq!(api.post(TRIGGER, other).await.0, 200);
    let (status, why) = api.put(FILES, json!({"plugin_name": "t", "content": answering("x")})).await;
    assert!(status == 400 && why.contains("databases=`db, more`"), "{why}");
    assert_eq!(api.put(FILES, json!({"plugin_name": "t", "db": "more", "content": answering("x")})).await.0, 200);
    assert_eq!((asked(&api).await, api.get("/api/v3/engine/u").await.1), ("one".to_owned(), "x".to_owned()));
}
