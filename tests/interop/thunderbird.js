// What a test has Thunderbird do, by its own parts: each step is a function that Python calls by name.
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const OPENPGP = "chrome://openpgp/content/modules/";
const from = (name, module) => ChromeUtils.importESModule(OPENPGP + module)[name];
const Instance = (contract, type) => Cc[contract].createInstance(Ci[type]);

/** Resolves with what a condition gives, once it gives something; a dialog that asks is an error. */
async function until(condition) {
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    for (const window of Services.wm.getEnumerator(null)) {
      if (window.location.href.endsWith("commonDialog.xhtml")) {
        throw new Error("Thunderbird asks: " + window.document.documentElement.textContent);
      }
    }
    await new Promise(resolve => window.setTimeout(resolve, 20));
  }
}

const inbox = () =>
  MailServices.accounts.accounts.find(one => one.incomingServer.type == "pop3").incomingServer
    .rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const identity = () => MailServices.accounts.defaultAccount.defaultIdentity;
const named = (folder, id) => [...folder.messages].find(one => one.messageId == id);

async function compose(params, letter) {
  MailServices.compose.OpenComposeWindowWithParams(null, params);
  const win = await until(() => {
    const found = Services.wm.getMostRecentWindow("msgcompose");
    return found?.composeEditorReady && !found.gWindowLocked && found;
  });
  win.gSelectedTechnologyIsPGP = true;
  win.gSendEncrypted = letter.encrypt;
  win.gSendSigned = letter.sign;
  win.gUserTouchedSendEncrypted = win.gUserTouchedSendSigned = true;
  const shown = { subject: win.document.getElementById("msgSubject").value,
                  to: win.gMsgCompose.compFields.to,
                  text: win.gMsgCompose.editor.document.body.innerText };
  if (letter.html) {
    win.gMsgCompose.editor.QueryInterface(Ci.nsIHTMLEditor).insertHTML(letter.html);
  } else {
    win.gMsgCompose.editor.QueryInterface(Ci.nsIEditorMailSupport).insertText(letter.text);
  }
  let problem = 0;
  win.gMsgCompose.addMsgSendListener({
    onStartSending() {}, onSendProgress() {}, onStatus() {}, onGetDraftFolderURI() {},
    onSendNotPerformed() {}, onTransportSecurityError() {},
    onStopSending(id, status) { problem = status; },
  });
  win.GenericSendMessage(Ci.nsIMsgCompDeliverMode.Now);
  await until(() => win.closed || problem); // it closes when all is handed over
  if (problem) {
    throw new Error("not sent: " + problem);
  }
  return shown;
}

const steps = {
  /** An account with its identity and its servers, whose authority is trusted. */
  async account({ address, name, password, authority, pop3, smtp }) {
    Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
      .addCertFromBase64(authority, "C,,");
    const { accounts, outgoingServer } = MailServices;
    const server = accounts.createIncomingServer(address, "localhost", "pop3");
    Object.assign(server, { port: pop3, socketType: Ci.nsMsgSocketType.SSL, authMethod: 3 });
    server.password = password;
    const outgoing = outgoingServer.createServer("smtp").QueryInterface(Ci.nsISmtpServer);
    Object.assign(outgoing, { hostname: "localhost", port: smtp, username: address,
                              socketType: Ci.nsMsgSocketType.SSL, authMethod: 3 });
    outgoing.password = password;
    outgoingServer.defaultServer = outgoing;
    const who = accounts.createIdentity();
    Object.assign(who, { email: address, fullName: name, smtpServerKey: outgoing.key });
    const account = accounts.createAccount();
    account.incomingServer = server;
    account.addIdentity(who);
    accounts.defaultAccount = account;
    for (const [kind, user] of [["mailbox", server], ["smtp", outgoing]]) {
      const login = Instance("@mozilla.org/login-manager/loginInfo;1", "nsILoginInfo");
      const place = `${kind}://localhost`;
      login.init(place, null, place, user.username, password, "", "");
      await Services.logins.addLoginAsync(login);
    }
    await from("RNP", "RNP.sys.mjs").init();
  },

  /** Takes in a secret key and writes with it; its fingerprint. */
  async ownKey(armor, passphrase) {
    const taken = await from("RNP", "RNP.sys.mjs").importSecKeyBlockImpl(
      window, (win, prompt, flags) => { flags.canceled = false; return passphrase; }, false, armor);
    if (taken.exitCode) {
      throw new Error("not taken: " + JSON.stringify(taken));
    }
    const id = taken.importedKeys[0];
    const ring = from("EnigmailKeyRing", "keyRing.sys.mjs");
    ring.clearCache();
    const { fpr } = ring.getKeyById(id.startsWith("0x") ? id : "0x" + id);
    await from("PgpSqliteDb2", "sqliteDb.sys.mjs").acceptAsPersonalKey(fpr);
    await steps.writeWith(fpr);
    return fpr;
  },

  /** Makes a secret key; its fingerprint. */
  async newKey(name) {
    const RNP = from("RNP", "RNP.sys.mjs");
    const id = await RNP.genKey(`${name} <${identity().email}>`, "ECC", 0, 365, null);
    const ring = from("EnigmailKeyRing", "keyRing.sys.mjs");
    ring.clearCache();
    const { fpr } = ring.getKeyById(id);
    await from("PgpSqliteDb2", "sqliteDb.sys.mjs").acceptAsPersonalKey(fpr);
    await steps.writeWith(fpr);
    return fpr;
  },

  async writeWith(fingerprint) {
    identity().setUnicharAttribute("openpgp_key_id", fingerprint.slice(-16).toUpperCase());
    Object.assign(identity(), { sendAutocryptHeaders: true, autoEncryptDrafts: false });
  },

  async ownFingerprint() {
    const id = identity().getUnicharAttribute("openpgp_key_id");
    return from("EnigmailKeyRing", "keyRing.sys.mjs").getKeyById("0x" + id).fpr;
  },

  /** A secret key as armor, closed by a passphrase. */
  exportSecret: (fingerprint, passphrase) =>
    from("RNP", "RNP.sys.mjs").backupSecretKeys([fingerprint], passphrase),

  exportPublic: fingerprint =>
    from("RNP", "RNP.sys.mjs").getPublicKey("0x" + fingerprint),

  /** Takes in the key of somebody else, and holds it for verified. */
  async theirKey(armor, address) {
    const ring = from("EnigmailKeyRing", "keyRing.sys.mjs");
    const taken = {};
    const failed = await ring.importKeyAsync(
      window, false, armor, false, null, {}, taken, false, [], "verified");
    if (failed) {
      throw new Error("not taken");
    }
    const fingerprint = taken.value[0].replace(/^0x/, "");
    await from("PgpSqliteDb2", "sqliteDb.sys.mjs")
      .updateAcceptance(fingerprint, [address], "verified");
    ring.clearCache();
    return fingerprint;
  },

  /** The keys that were collected from mail for an address. */
  async collected(address) {
    const { CollectedKeysDB } = ChromeUtils.importESModule(OPENPGP + "CollectedKeysDB.sys.mjs");
    const db = await CollectedKeysDB.getInstance();
    const found = await until(async () => {
      const keys = await db.findKeysForEmail(address); // looked at when it was shown, and later
      return keys.length && keys;
    });
    return found.map(one => one.fingerprint.toLowerCase());
  },

  /** Collects mail; how many messages the inbox holds. */
  async collect() {
    const folder = inbox();
    const outcome = {};
    MailServices.pop3.GetNewMail(null, {
      OnStartRunningUrl() {}, OnStopRunningUrl(url, status) { outcome.status = status; },
      QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
    }, folder, folder.server);
    await until(() => "status" in outcome && !folder.server.serverBusy);
    if (outcome.status) {
      throw new Error("not collected: " + outcome.status);
    }
    return [...folder.messages].length;
  },

  /** Opens a message in a tab; what its reader sees. */
  async read(id, secured) {
    const folder = inbox();
    const header = await until(() => named(folder, id));
    const tabs = Services.wm.getMostRecentWindow("mail:3pane").document.getElementById("tabmail");
    const tab = tabs.openTab("mailMessageTab", {
      messageURI: folder.getUriForMsg(header), background: false });
    const win = await until(() => {
      const about = tab.chromeBrowser.contentWindow;
      return about?.location.href == "about:message" && about.msgLoaded && about;
    });
    const pane = win.document.getElementById("messagepane");
    const view = await until(() => win.Enigmail?.hdrView);
    await until(() => !secured || view.msgEncryptedStateString || view.msgSignedStateString);
    await until(() => pane.contentDocument.readyState == "complete");
    // The tab stays open: what Thunderbird learns from a message comes later.
    return {
      subject: win.document.getElementById("expandedsubjectBox").textContent.trim(),
      listed: header.mime2DecodedSubject,
      text: pane.contentDocument.body.innerText,
      encrypted: view.msgEncryptedStateString || "",
      signed: view.msgSignedStateString || "",
      attachments: win.currentAttachments.map(one => one.name),
      thread: folder.msgDatabase.getThreadContainingMsgHdr(header).numChildren,
    };
  },

  /** Marks a message of the inbox, tags it, and moves it to a folder below the local ones. */
  async arrange(id, tag, name) {
    const header = await until(() => named(inbox(), id));
    MailServices.tags.addTag(tag, "#00FF00", "");
    const key = MailServices.tags.getKeyForTag(tag);
    inbox().addKeywordsToMessages([header], key);
    inbox().markMessagesFlagged([header], true);
    inbox().markMessagesRead([header], true);
    MailServices.accounts.createLocalMailAccount();
    const root = MailServices.accounts.localFoldersServer.rootFolder;
    root.createSubfolder(name, null);
    const folder = await until(() => root.containsChildNamed(name) && root.getChildNamed(name));
    MailServices.copy.copyMessages(inbox(), [header], folder, true, null, null, false);
    await until(() => named(folder, id));
  },

  /** Adds somebody to the address book of the user. */
  async befriend(name, address) {
    const card = Instance("@mozilla.org/addressbook/cardproperty;1", "nsIAbCard");
    Object.assign(card, { displayName: name, primaryEmail: address });
    MailServices.ab.getDirectoryFromId("ldap_2.servers.pab").addCard(card);
  },

  /** Writes a new letter and sends it. */
  async write(letter) {
    const fields = Instance("@mozilla.org/messengercompose/composefields;1", "nsIMsgCompFields");
    Object.assign(fields, { to: letter.to, subject: letter.subject });
    for (const path of letter.files) {
      const file = Instance("@mozilla.org/messengercompose/attachment;1", "nsIMsgAttachment");
      file.url = PathUtils.toFileURI(path);
      file.name = PathUtils.filename(path);
      fields.addAttachment(file);
    }
    const params = Instance("@mozilla.org/messengercompose/composeparams;1",
                            "nsIMsgComposeParams");
    const format = Ci.nsIMsgCompFormat[letter.html ? "HTML" : "PlainText"];
    Object.assign(params, { type: Ci.nsIMsgCompType.New, format,
                            identity: identity(), composeFields: fields });
    await compose(params, letter);
  },

  /** Answers a message; what the window of the answer showed at first. */
  async answer(id, letter) {
    const folder = inbox();
    const header = await until(() => named(folder, id));
    const params = Instance("@mozilla.org/messengercompose/composeparams;1",
                            "nsIMsgComposeParams");
    Object.assign(params, { type: Ci.nsIMsgCompType.ReplyToSender,
                            format: Ci.nsIMsgCompFormat.PlainText, identity: identity(),
                            originalMsgURI: folder.getUriForMsg(header), origMsgHdr: header,
                            composeFields: Instance(
                              "@mozilla.org/messengercompose/composefields;1",
                              "nsIMsgCompFields") });
    return compose(params, letter);
  },
};
return steps[arguments[0]](...arguments[1]);
