-- The catalog: what is known about all shops and belongs into none of their files.
-- Times are milliseconds since 1970 in UTC, truth values 0 or 1, ids UUIDs.
PRAGMA application_id = 1279348803; -- 'LAPC'
PRAGMA user_version = 1;

-- A limit of -1 is no limit.
CREATE TABLE plans (
  name                  TEXT    PRIMARY KEY,
  position              INTEGER NOT NULL, -- order in lists
  max_products          INTEGER NOT NULL CHECK (max_products >= -1),
  max_assets            INTEGER NOT NULL CHECK (max_assets >= -1),
  max_designs           INTEGER NOT NULL CHECK (max_designs >= -1),
  storage_limit         INTEGER NOT NULL CHECK (storage_limit >= -1), -- bytes
  enable_webp           INTEGER NOT NULL CHECK (enable_webp IN (0, 1)),
  enable_cdn            INTEGER NOT NULL CHECK (enable_cdn IN (0, 1)),
  enable_advanced_tools INTEGER NOT NULL CHECK (enable_advanced_tools IN (0, 1)),
  audit_days            INTEGER NOT NULL DEFAULT 365 CHECK (audit_days = -1 OR audit_days > 0)
) STRICT, WITHOUT ROWID;
INSERT INTO plans (name, position, max_products, max_assets, max_designs, storage_limit,
                   enable_webp, enable_cdn, enable_advanced_tools)
VALUES
  ('free',       1,   10,   100,   50,    1073741824, 0, 0, 0),
  ('basic',      2,  100,  1000,  500,   10737418240, 1, 0, 0),
  ('pro',        3, 1000, 10000, 5000,  107374182400, 1, 1, 1),
  ('enterprise', 4,   -1,    -1,   -1, 1099511627776, 1, 1, 1);

CREATE TABLE shops (
  name           TEXT    PRIMARY KEY,
  uuid           TEXT    NOT NULL UNIQUE,
  state          TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'restoring', 'erasing')),
  state_before   TEXT    CHECK (state_before IN ('active', 'suspended')), -- where restoring returns to
  epoch          INTEGER NOT NULL DEFAULT 1 CHECK (epoch > 0 AND epoch < next_epoch),
  next_epoch     INTEGER NOT NULL DEFAULT 2, -- a number that no file of the shop ever had
  previous_epoch INTEGER, -- where an undo goes; NULL: there is nothing to undo
  restore_to     INTEGER, -- the epoch that is being made or switched to
  restore_job    TEXT,

  plan                  TEXT NOT NULL REFERENCES plans (name),
  max_products          INTEGER CHECK (max_products >= -1), -- NULL, here and below: the plan's
  max_assets            INTEGER CHECK (max_assets >= -1),
  max_designs           INTEGER CHECK (max_designs >= -1),
  storage_limit         INTEGER CHECK (storage_limit >= -1),
  enable_webp           INTEGER CHECK (enable_webp IN (0, 1)),
  enable_cdn            INTEGER CHECK (enable_cdn IN (0, 1)),
  enable_advanced_tools INTEGER CHECK (enable_advanced_tools IN (0, 1)),

  custom_domain TEXT,
  logo_url      TEXT,
  primary_color TEXT,
  timezone      TEXT    NOT NULL DEFAULT 'UTC',
  currency      TEXT    NOT NULL DEFAULT 'USD',
  language      TEXT    NOT NULL DEFAULT '', -- of pages and messages; '': the reader's own
  alert_emails  TEXT    NOT NULL DEFAULT '', -- addresses with commas between
  durability    TEXT    NOT NULL DEFAULT 'local' CHECK (durability IN ('local', 'replicated')),
  version       INTEGER NOT NULL DEFAULT 1, -- counts the changes of the config

  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL,

  dirty         INTEGER NOT NULL DEFAULT 0 CHECK (dirty IN (0, 1)), -- the file may hold more than its replica
  dirty_since   INTEGER CHECK ((dirty_since IS NULL) = (dirty = 0)),
  replicated_at INTEGER, -- the replica was equal at this moment
  maintain_at   INTEGER, -- next maintenance; NULL: none is due
  size_bytes    INTEGER NOT NULL DEFAULT 0,
  products      INTEGER NOT NULL DEFAULT 0, -- what was used when the file was last replicated
  assets        INTEGER NOT NULL DEFAULT 0,
  designs       INTEGER NOT NULL DEFAULT 0,
  storage_bytes INTEGER NOT NULL DEFAULT 0,
  failures      INTEGER NOT NULL DEFAULT 0, -- of replication, in a row
  last_error    TEXT    NOT NULL DEFAULT '',
  last_error_at INTEGER,
  proven_at     INTEGER, -- when a drill last restored the backup and found it equal
  drilled_at    INTEGER, -- the last drill, whatever it found
  drill_error   TEXT    NOT NULL DEFAULT '', -- what it found wrong

  CHECK ((state = 'restoring') = (state_before IS NOT NULL)),
  CHECK ((state = 'restoring') = (restore_to IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- Idle work asks these, so they hold none of the shops that rest.
CREATE INDEX shops_unfinished ON shops (state) WHERE state IN ('restoring', 'erasing');
CREATE INDEX shops_dirty ON shops (dirty_since) WHERE dirty = 1;
CREATE INDEX shops_maintain ON shops (maintain_at) WHERE maintain_at IS NOT NULL;
CREATE INDEX shops_failing ON shops (last_error_at) WHERE failures > 0;
-- Shops whose backup has changed since it was proven, for drills.
CREATE INDEX shops_unproven ON shops (drilled_at) WHERE dirty = 1 OR proven_at IS NULL OR replicated_at >= proven_at;
-- The operator's list is sorted by these; without an index 10,000 shops take 3 ms.
CREATE INDEX shops_size ON shops (size_bytes);
CREATE INDEX shops_active ON shops (last_active_at);

-- When the machine was too busy to keep a shop's changes apart as promised:
-- between the two moments, changes up to span_ms apart share a restore point.
CREATE TABLE coarse (
  n         INTEGER PRIMARY KEY,
  shop      TEXT    NOT NULL REFERENCES shops (name) ON DELETE CASCADE,
  from_time INTEGER NOT NULL,
  to_time   INTEGER NOT NULL,
  span_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX coarse_shop ON coarse (shop, from_time);
CREATE INDEX coarse_old ON coarse (to_time);

-- Which epoch was live when: periods without gaps, the last one open.
CREATE TABLE lineage (
  n         INTEGER PRIMARY KEY,
  shop      TEXT    NOT NULL REFERENCES shops (name) ON DELETE CASCADE,
  epoch     INTEGER NOT NULL,
  live_from INTEGER NOT NULL,
  live_to   INTEGER CHECK (live_to >= live_from) -- NULL: still live
) STRICT;
CREATE INDEX lineage_from ON lineage (shop, live_from);
CREATE UNIQUE INDEX lineage_open ON lineage (shop) WHERE live_to IS NULL;

CREATE TABLE jobs (
  n           INTEGER PRIMARY KEY,
  id          TEXT    NOT NULL UNIQUE,
  shop        TEXT    NOT NULL, -- '': a job of the whole fleet
  kind        TEXT    NOT NULL,
  state       TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
  request     TEXT    NOT NULL, -- JSON
  result      TEXT, -- JSON
  error       TEXT,
  created_at  INTEGER NOT NULL,
  started_at  INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX jobs_shop ON jobs (shop);
CREATE INDEX jobs_open ON jobs (state) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE api_keys (
  n            INTEGER PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  shop         TEXT    REFERENCES shops (name) ON DELETE CASCADE, -- NULL: an operator's
  role         TEXT    NOT NULL CHECK (role IN ('admin', 'write', 'read', 'operator')),
  name         TEXT    NOT NULL,
  hash         BLOB    NOT NULL UNIQUE, -- SHA-256 of the secret
  prefix       TEXT    NOT NULL, -- the secret's first characters, for people
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at   INTEGER,
  CHECK ((shop IS NULL) = (role = 'operator'))
) STRICT;
CREATE INDEX api_keys_shop ON api_keys (shop);

-- Bytes in the assets bucket that no row of the live file names any more. They
-- stay until no restore can want them.
CREATE TABLE dead_objects (
  shop   TEXT    NOT NULL REFERENCES shops (name) ON DELETE CASCADE,
  object TEXT    NOT NULL, -- TYPE/SHA256.EXT
  since  INTEGER NOT NULL,
  PRIMARY KEY (shop, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX dead_objects_since ON dead_objects (since);

-- What the program itself keeps.
CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What Shopify said about a shop. A shop without a row was never installed there.
CREATE TABLE installs (
  shop                  TEXT    PRIMARY KEY REFERENCES shops (name) ON DELETE CASCADE,
  installed_at          INTEGER NOT NULL,
  uninstalled_at        INTEGER, -- NULL: installed
  scopes                TEXT    NOT NULL DEFAULT '', -- granted, with commas between
  scopes_at             INTEGER, -- when they were granted
  subscription          TEXT    NOT NULL DEFAULT '', -- Shopify's id of what the shop pays for; '': nothing
  subscription_plan     TEXT    NOT NULL DEFAULT '', -- the plan that it stands for
  subscription_status   TEXT    NOT NULL DEFAULT '', -- as Shopify writes it: ACTIVE, FROZEN, ...
  subscription_at       INTEGER, -- when Shopify said so
  updated_at            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Shopify's webhooks: stored before they are answered, worked off in order of
-- due_at, and remembered for a while so that a second delivery changes nothing.
-- No foreign key: they also come for shops that are gone.
CREATE TABLE deliveries (
  n            INTEGER PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE, -- X-Shopify-Webhook-Id
  shop         TEXT    NOT NULL,
  topic        TEXT    NOT NULL,
  event        TEXT, -- JSON of what the work needs of the payload; NULL when done
  state        TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'done', 'dead')),
  attempts     INTEGER NOT NULL DEFAULT 0,
  error        TEXT    NOT NULL DEFAULT '', -- of the last attempt
  triggered_at INTEGER NOT NULL,
  received_at  INTEGER NOT NULL,
  due_at       INTEGER NOT NULL, -- when to try next
  finished_at  INTEGER
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'queued';
CREATE INDEX deliveries_queue ON deliveries (shop, triggered_at) WHERE state = 'queued';
CREATE INDEX deliveries_dead ON deliveries (received_at) WHERE state = 'dead';
CREATE INDEX deliveries_done ON deliveries (finished_at) WHERE state = 'done';
CREATE INDEX deliveries_shop ON deliveries (shop, received_at);

-- Customers whose data was erased on request. A restored past is cleaned of them
-- again, so they stay until no restore can bring them back.
CREATE TABLE redactions (
  shop       TEXT    NOT NULL REFERENCES shops (name) ON DELETE CASCADE,
  customer   TEXT    NOT NULL, -- Shopify's id
  since      INTEGER NOT NULL, -- what is older is to be gone
  cleaned_at INTEGER, -- the live file and the newest backup were clean at this moment; NULL: not yet
  PRIMARY KEY (shop, customer, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX redactions_open ON redactions (since) WHERE cleaned_at IS NULL;

-- Visitors of shops who turned out to be customers. In a restored past they are
-- visitors still, and what they made there goes with the customer.
CREATE TABLE claims (
  shop     TEXT    NOT NULL REFERENCES shops (name) ON DELETE CASCADE,
  customer TEXT    NOT NULL, -- Shopify's id
  claim    TEXT    NOT NULL, -- the visitor, as the owner of designs
  at       INTEGER NOT NULL,
  PRIMARY KEY (shop, customer, claim)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_old ON claims (shop, at);

-- Shops that were erased: that they were, when, and proof that nothing is left.
CREATE TABLE certificates (
  uuid        TEXT    PRIMARY KEY, -- of the shop's file
  shop        TEXT    NOT NULL,
  certificate TEXT    NOT NULL, -- signed JSON; before the end, what is known so far
  erased_at   INTEGER -- NULL: the erasure has begun and not ended
) STRICT, WITHOUT ROWID;
CREATE INDEX certificates_shop ON certificates (shop, erased_at);

-- Who may look after all shops.
CREATE TABLE operators (
  id         TEXT    PRIMARY KEY,
  name       TEXT    NOT NULL UNIQUE COLLATE NOCASE, -- what they sign in with
  password   TEXT    NOT NULL DEFAULT '', -- argon2id in PHC form; '': none yet
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passkeys (
  id           BLOB    PRIMARY KEY, -- WebAuthn credential id
  operator     TEXT    NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  credential   TEXT    NOT NULL, -- JSON
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_operator ON passkeys (operator);

-- Browsers that are signed in outside of Shopify: an operator's, or the merchant's
-- of one shop.
CREATE TABLE signins (
  id           TEXT    PRIMARY KEY,
  hash         BLOB    NOT NULL UNIQUE, -- SHA-256 of the cookie's secret
  operator     TEXT    REFERENCES operators (id) ON DELETE CASCADE,
  shop         TEXT    REFERENCES shops (name) ON DELETE CASCADE,
  user_agent   TEXT    NOT NULL DEFAULT '',
  ip           TEXT    NOT NULL DEFAULT '',
  language     TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  CHECK ((operator IS NULL) <> (shop IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX signins_operator ON signins (operator) WHERE operator IS NOT NULL;
CREATE INDEX signins_shop ON signins (shop) WHERE shop IS NOT NULL;
CREATE INDEX signins_expires ON signins (expires_at);

-- Links that sign a browser in, once.
CREATE TABLE signin_links (
  hash       BLOB    PRIMARY KEY, -- SHA-256 of the link's secret
  operator   TEXT    REFERENCES operators (id) ON DELETE CASCADE, -- NULL with shop NULL: whoever becomes the first operator
  shop       TEXT    REFERENCES shops (name) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  CHECK (operator IS NULL OR shop IS NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX signin_links_expires ON signin_links (expires_at);
