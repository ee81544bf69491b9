SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA old;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE old.batch (
    seq bigint NOT NULL,
    fixes bytea,
    statics bytea,
    others bytea
);
ALTER TABLE ONLY old.batch ALTER COLUMN fixes SET STORAGE EXTERNAL;
ALTER TABLE ONLY old.batch ALTER COLUMN statics SET STORAGE EXTERNAL;
ALTER TABLE ONLY old.batch ALTER COLUMN others SET STORAGE EXTERNAL;
CREATE TABLE old.block (
    start_ms bigint NOT NULL,
    fixes bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE old.event (
    event_id text NOT NULL,
    version integer NOT NULL,
    seq bigint NOT NULL,
    newest boolean NOT NULL,
    start_ms bigint,
    end_ms bigint,
    mmsis integer[] NOT NULL,
    "row" jsonb NOT NULL
);
CREATE VIEW old.event_points AS
 SELECT event.event_id,
    event.version,
    to_timestamp((((event.start_ms)::numeric / 1000.0))::double precision) AS started,
    to_timestamp((((event.end_ms)::numeric / 1000.0))::double precision) AS ended,
    event.mmsis,
    (event."row" ->> 'event_type'::text) AS event_type,
    (event."row" ->> 'status'::text) AS status,
    (event."row" ->> 'summary'::text) AS summary,
    (event."row" ->> 'confidence'::text) AS confidence,
    public.st_setsrid(public.st_makepoint(((event."row" ->> 'lon_mean'::text))::double precision, ((event."row" ->> 'lat_mean'::text))::double precision), 4326) AS geom
   FROM old.event
  WHERE event.newest;
CREATE TABLE old.fixes (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    lat double precision,
    lon double precision,
    sog_kn real,
    cog_deg real,
    heading_deg real,
    rot_dpm real,
    altitude_m real,
    nav_status smallint,
    second smallint,
    accuracy boolean,
    raim boolean,
    ais_class integer,
    receiver_type integer,
    flags integer,
    seg_id bigint,
    label integer,
    late boolean NOT NULL
)
PARTITION BY LIST (day);
CREATE TABLE old.word (
    kind text NOT NULL,
    code integer NOT NULL,
    word text NOT NULL
);
CREATE VIEW old.fix_points AS
 SELECT f.day,
    f.msg_id,
    f.mmsi,
    f."timestamp",
    f.received_at,
    f.byte_offset,
    f.own_ship,
    f.msg_type,
    f.repeat,
    f.lat,
    f.lon,
    f.sog_kn,
    f.cog_deg,
    f.heading_deg,
    f.rot_dpm,
    f.altitude_m,
    f.nav_status,
    f.second,
    f.accuracy,
    f.raim,
    f.flags,
    f.seg_id,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'time_source'::text) AND (word.code = f.time_source))) AS time_source,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'source_id'::text) AND (word.code = f.source_id))) AS source_id,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'station_id'::text) AND (word.code = f.station_id))) AS station_id,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'channel'::text) AND (word.code = f.channel))) AS channel,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'talker'::text) AND (word.code = f.talker))) AS talker,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'ais_class'::text) AND (word.code = f.ais_class))) AS ais_class,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'receiver_type'::text) AND (word.code = f.receiver_type))) AS receiver_type,
    ( SELECT word.word
           FROM old.word
          WHERE ((word.kind = 'label'::text) AND (word.code = f.label))) AS label,
    public.st_setsrid(public.st_makepoint(f.lon, f.lat), 4326) AS geom
   FROM old.fixes f;
CREATE TABLE old.fixes_20260301 (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    lat double precision,
    lon double precision,
    sog_kn real,
    cog_deg real,
    heading_deg real,
    rot_dpm real,
    altitude_m real,
    nav_status smallint,
    second smallint,
    accuracy boolean,
    raim boolean,
    ais_class integer,
    receiver_type integer,
    flags integer,
    seg_id bigint,
    label integer,
    late boolean NOT NULL,
    CONSTRAINT fixes_20260301_day_check CHECK ((day = '2026-03-01'::date))
);
CREATE TABLE old.fixes_20260302 (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    lat double precision,
    lon double precision,
    sog_kn real,
    cog_deg real,
    heading_deg real,
    rot_dpm real,
    altitude_m real,
    nav_status smallint,
    second smallint,
    accuracy boolean,
    raim boolean,
    ais_class integer,
    receiver_type integer,
    flags integer,
    seg_id bigint,
    label integer,
    late boolean NOT NULL,
    CONSTRAINT fixes_20260302_day_check CHECK ((day = '2026-03-02'::date))
);
CREATE TABLE old.fixes_odd (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    lat double precision,
    lon double precision,
    sog_kn real,
    cog_deg real,
    heading_deg real,
    rot_dpm real,
    altitude_m real,
    nav_status smallint,
    second smallint,
    accuracy boolean,
    raim boolean,
    ais_class integer,
    receiver_type integer,
    flags integer,
    seg_id bigint,
    label integer,
    late boolean NOT NULL,
    CONSTRAINT fixes_odd_day_check CHECK ((day = '1900-01-01'::date))
);
CREATE TABLE old.identity (
    id bigint NOT NULL,
    mmsi integer NOT NULL,
    first_ms bigint NOT NULL,
    last_ms bigint NOT NULL,
    shipname text,
    n_shipname text,
    callsign text,
    imo integer NOT NULL,
    ship_type integer NOT NULL,
    length_m integer NOT NULL,
    width_m integer NOT NULL,
    draught_m double precision,
    destination text,
    count bigint NOT NULL,
    label text NOT NULL
);
ALTER TABLE old.identity ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME old.identity_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE old.latest (
    mmsi integer NOT NULL,
    "timestamp" timestamp with time zone,
    lat double precision,
    lon double precision,
    sog_kn real,
    cog_deg real,
    heading_deg real,
    nav_status smallint,
    ship_type smallint,
    shipname text,
    callsign text,
    imo integer,
    length_m smallint,
    source_id integer,
    ais_class integer,
    version bigint,
    key_ms bigint,
    msg_id bigint,
    ship_type_ms bigint,
    shipname_ms bigint,
    callsign_ms bigint,
    imo_ms bigint,
    length_m_ms bigint,
    geom public.geometry(Point,4326) GENERATED ALWAYS AS (public.st_setsrid(public.st_makepoint(lon, lat), 4326)) STORED
)
WITH (fillfactor='50');
CREATE TABLE old.meta (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE old.others (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    dest_mmsi integer,
    dac smallint,
    fid smallint,
    payload text,
    fill_bits smallint,
    label integer
)
PARTITION BY LIST (day);
CREATE TABLE old.others_20260301 (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    dest_mmsi integer,
    dac smallint,
    fid smallint,
    payload text,
    fill_bits smallint,
    label integer,
    CONSTRAINT others_20260301_day_check CHECK ((day = '2026-03-01'::date))
);
CREATE TABLE old.others_20260302 (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    dest_mmsi integer,
    dac smallint,
    fid smallint,
    payload text,
    fill_bits smallint,
    label integer,
    CONSTRAINT others_20260302_day_check CHECK ((day = '2026-03-02'::date))
);
CREATE TABLE old.others_odd (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    dest_mmsi integer,
    dac smallint,
    fid smallint,
    payload text,
    fill_bits smallint,
    label integer,
    CONSTRAINT others_odd_day_check CHECK ((day = '1900-01-01'::date))
);
CREATE TABLE old.state (
    one boolean DEFAULT true NOT NULL,
    seq bigint NOT NULL,
    events bigint NOT NULL,
    newest_ms bigint,
    closed_ms bigint,
    oldest_ms bigint,
    writer text NOT NULL,
    CONSTRAINT state_one_check CHECK (one)
)
WITH (fillfactor='50');
CREATE TABLE old.statics (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    part smallint,
    imo integer,
    callsign text,
    shipname text,
    ship_type smallint,
    to_bow_m smallint,
    to_stern_m smallint,
    to_port_m smallint,
    to_starboard_m smallint,
    draught_m real,
    destination text,
    eta text,
    epfd smallint,
    ais_version smallint,
    dte boolean,
    mothership_mmsi integer,
    vendor text,
    aid_type smallint,
    off_position boolean,
    virtual boolean,
    flags integer,
    label integer,
    seq bigint NOT NULL
)
PARTITION BY LIST (day);
CREATE TABLE old.statics_20260301 (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    part smallint,
    imo integer,
    callsign text,
    shipname text,
    ship_type smallint,
    to_bow_m smallint,
    to_stern_m smallint,
    to_port_m smallint,
    to_starboard_m smallint,
    draught_m real,
    destination text,
    eta text,
    epfd smallint,
    ais_version smallint,
    dte boolean,
    mothership_mmsi integer,
    vendor text,
    aid_type smallint,
    off_position boolean,
    virtual boolean,
    flags integer,
    label integer,
    seq bigint NOT NULL,
    CONSTRAINT statics_20260301_day_check CHECK ((day = '2026-03-01'::date))
);
CREATE TABLE old.statics_20260302 (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    part smallint,
    imo integer,
    callsign text,
    shipname text,
    ship_type smallint,
    to_bow_m smallint,
    to_stern_m smallint,
    to_port_m smallint,
    to_starboard_m smallint,
    draught_m real,
    destination text,
    eta text,
    epfd smallint,
    ais_version smallint,
    dte boolean,
    mothership_mmsi integer,
    vendor text,
    aid_type smallint,
    off_position boolean,
    virtual boolean,
    flags integer,
    label integer,
    seq bigint NOT NULL,
    CONSTRAINT statics_20260302_day_check CHECK ((day = '2026-03-02'::date))
);
CREATE TABLE old.statics_odd (
    day date NOT NULL,
    undated_at timestamp with time zone,
    msg_id bigint,
    mmsi integer,
    "timestamp" timestamp with time zone,
    time_source integer,
    received_at timestamp with time zone,
    source_id integer,
    station_id integer,
    byte_offset bigint,
    channel integer,
    talker integer,
    own_ship boolean,
    msg_type smallint,
    repeat smallint,
    part smallint,
    imo integer,
    callsign text,
    shipname text,
    ship_type smallint,
    to_bow_m smallint,
    to_stern_m smallint,
    to_port_m smallint,
    to_starboard_m smallint,
    draught_m real,
    destination text,
    eta text,
    epfd smallint,
    ais_version smallint,
    dte boolean,
    mothership_mmsi integer,
    vendor text,
    aid_type smallint,
    off_position boolean,
    virtual boolean,
    flags integer,
    label integer,
    seq bigint NOT NULL,
    CONSTRAINT statics_odd_day_check CHECK ((day = '1900-01-01'::date))
);
ALTER TABLE ONLY old.fixes ATTACH PARTITION old.fixes_20260301 FOR VALUES IN ('2026-03-01');
ALTER TABLE ONLY old.fixes ATTACH PARTITION old.fixes_20260302 FOR VALUES IN ('2026-03-02');
ALTER TABLE ONLY old.fixes ATTACH PARTITION old.fixes_odd FOR VALUES IN ('1900-01-01');
ALTER TABLE ONLY old.others ATTACH PARTITION old.others_20260301 FOR VALUES IN ('2026-03-01');
ALTER TABLE ONLY old.others ATTACH PARTITION old.others_20260302 FOR VALUES IN ('2026-03-02');
ALTER TABLE ONLY old.others ATTACH PARTITION old.others_odd FOR VALUES IN ('1900-01-01');
ALTER TABLE ONLY old.statics ATTACH PARTITION old.statics_20260301 FOR VALUES IN ('2026-03-01');
ALTER TABLE ONLY old.statics ATTACH PARTITION old.statics_20260302 FOR VALUES IN ('2026-03-02');
ALTER TABLE ONLY old.statics ATTACH PARTITION old.statics_odd FOR VALUES IN ('1900-01-01');
COPY old.batch (seq, fixes, statics, others) FROM stdin;
1	\\x00000000000000000100000000000000020000000000000003000000000000000400000000000000050000000000000006000000000000000700000000000000080000000000000009000000000000000a000000000000000b000000000000000c000000000000000d000000000000000e000000000000000f000000000000001000000000000000110000000000000012000000000000001300000000000000	\\x0000000000000000	\N
2	\\xe803000000000000e903000000000000ea03000000000000eb03000000000000ec03000000000000ed03000000000000ee03000000000000ef03000000000000f003000000000000f103000000000000f203000000000000f303000000000000f403000000000000f503000000000000f603000000000000f703000000000000f803000000000000f903000000000000fa03000000000000fb03000000000000	\\xe803000000000000	\N
3	\\xd007000000000000d107000000000000d207000000000000d307000000000000d407000000000000d507000000000000d607000000000000d707000000000000d807000000000000d907000000000000da07000000000000db07000000000000dc07000000000000dd07000000000000de07000000000000df07000000000000e007000000000000e107000000000000e207000000000000e307000000000000	\\xd007000000000000	\N
4	\\xb80b000000000000b90b000000000000ba0b000000000000bb0b000000000000bc0b000000000000bd0b000000000000be0b000000000000bf0b000000000000c00b000000000000c10b000000000000c20b000000000000c30b000000000000c40b000000000000c50b000000000000c60b000000000000c70b000000000000c80b000000000000c90b000000000000ca0b000000000000cb0b000000000000	\\xb80b000000000000	\N
5	\\xa00f000000000000a10f000000000000a20f000000000000a30f000000000000a40f000000000000a50f000000000000a60f000000000000a70f000000000000a80f000000000000a90f000000000000aa0f000000000000ab0f000000000000ac0f000000000000ad0f000000000000ae0f000000000000af0f000000000000b00f000000000000b10f000000000000b20f000000000000b30f000000000000	\\xa00f000000000000	\N
6	\\x881300000000000089130000000000008a130000000000008b130000000000008c130000000000008d130000000000008e130000000000008f1300000000000090130000000000009113000000000000921300000000000093130000000000009413000000000000951300000000000096130000000000009713000000000000981300000000000099130000000000009a130000000000009b13000000000000	\\x8813000000000000	\N
7	\\x29230000000000002a23000000000000	\N	\N
8	\N	\\x2b23000000000000	\N
\.
COPY old.block (start_ms, fixes) FROM stdin;
1772323200000	20
1772347200000	20
1772371200000	20
1772395200000	20
1772419200000	20
1772443200000	20
\.
COPY old.event (event_id, version, seq, newest, start_ms, end_ms, mmsis, "row") FROM stdin;
e0	1	1	t	1772323200000	1772326800000	{440000001}	{"mask": null, "label": "nobody", "level": null, "mmsis": [440000001], "proof": [{"table": "fixes", "msg_ids": [4611686018427387905, 5]}], "params": null, "status": "closed", "context": "real", "end_lat": null, "end_lon": null, "lat_max": null, "lat_min": null, "lon_max": null, "lon_min": null, "regions": null, "rule_id": null, "seg_ids": null, "sources": null, "summary": "silent", "version": 1, "event_id": "e0", "evidence": [{"test": "silence", "unit": "h", "passed": true, "measured": 7.5, "relation": ">", "threshold": 6.0}], "lat_mean": null, "lon_mean": null, "start_lat": null, "start_lon": null, "confidence": 0.699999988079071, "distance_m": null, "duration_h": null, "event_info": null, "event_type": "gap", "vessel_ids": ["mmsi:440000001"], "alternatives": null, "rule_version": null, "would_settle": null, "end_timestamp": 1772326800000, "status_reason": null, "superseded_by": null, "confidence_word": null, "median_speed_kn": null, "start_timestamp": 1772323200000, "implied_speed_kn": null, "median_distance_m": null, "end_distance_from_port_m": null, "end_distance_from_shore_m": null, "start_distance_from_port_m": null, "start_distance_from_shore_m": null}
e1	1	2	t	1772323200000	1772326800000	{440000001}	{"mask": null, "label": "nobody", "level": null, "mmsis": [440000001], "proof": [{"table": "fixes", "msg_ids": [4611686018427387905, 5]}], "params": null, "status": "closed", "context": "real", "end_lat": null, "end_lon": null, "lat_max": null, "lat_min": null, "lon_max": null, "lon_min": null, "regions": null, "rule_id": null, "seg_ids": null, "sources": null, "summary": "silent", "version": 1, "event_id": "e1", "evidence": [{"test": "silence", "unit": "h", "passed": true, "measured": 7.5, "relation": ">", "threshold": 6.0}], "lat_mean": null, "lon_mean": null, "start_lat": null, "start_lon": null, "confidence": 0.699999988079071, "distance_m": null, "duration_h": null, "event_info": null, "event_type": "gap", "vessel_ids": ["mmsi:440000001"], "alternatives": null, "rule_version": null, "would_settle": null, "end_timestamp": 1772326800000, "status_reason": null, "superseded_by": null, "confidence_word": null, "median_speed_kn": null, "start_timestamp": 1772323200000, "implied_speed_kn": null, "median_distance_m": null, "end_distance_from_port_m": null, "end_distance_from_shore_m": null, "start_distance_from_port_m": null, "start_distance_from_shore_m": null}
e2	1	3	t	1772323200000	1772326800000	{440000001}	{"mask": null, "label": "nobody", "level": null, "mmsis": [440000001], "proof": [{"table": "fixes", "msg_ids": [4611686018427387905, 5]}], "params": null, "status": "closed", "context": "real", "end_lat": null, "end_lon": null, "lat_max": null, "lat_min": null, "lon_max": null, "lon_min": null, "regions": null, "rule_id": null, "seg_ids": null, "sources": null, "summary": "silent", "version": 1, "event_id": "e2", "evidence": [{"test": "silence", "unit": "h", "passed": true, "measured": 7.5, "relation": ">", "threshold": 6.0}], "lat_mean": null, "lon_mean": null, "start_lat": null, "start_lon": null, "confidence": 0.699999988079071, "distance_m": null, "duration_h": null, "event_info": null, "event_type": "gap", "vessel_ids": ["mmsi:440000001"], "alternatives": null, "rule_version": null, "would_settle": null, "end_timestamp": 1772326800000, "status_reason": null, "superseded_by": null, "confidence_word": null, "median_speed_kn": null, "start_timestamp": 1772323200000, "implied_speed_kn": null, "median_distance_m": null, "end_distance_from_port_m": null, "end_distance_from_shore_m": null, "start_distance_from_port_m": null, "start_distance_from_shore_m": null}
e3	1	4	t	1772323200000	1772326800000	{440000001}	{"mask": null, "label": "nobody", "level": null, "mmsis": [440000001], "proof": [{"table": "fixes", "msg_ids": [4611686018427387905, 5]}], "params": null, "status": "closed", "context": "real", "end_lat": null, "end_lon": null, "lat_max": null, "lat_min": null, "lon_max": null, "lon_min": null, "regions": null, "rule_id": null, "seg_ids": null, "sources": null, "summary": "silent", "version": 1, "event_id": "e3", "evidence": [{"test": "silence", "unit": "h", "passed": true, "measured": 7.5, "relation": ">", "threshold": 6.0}], "lat_mean": null, "lon_mean": null, "start_lat": null, "start_lon": null, "confidence": 0.699999988079071, "distance_m": null, "duration_h": null, "event_info": null, "event_type": "gap", "vessel_ids": ["mmsi:440000001"], "alternatives": null, "rule_version": null, "would_settle": null, "end_timestamp": 1772326800000, "status_reason": null, "superseded_by": null, "confidence_word": null, "median_speed_kn": null, "start_timestamp": 1772323200000, "implied_speed_kn": null, "median_distance_m": null, "end_distance_from_port_m": null, "end_distance_from_shore_m": null, "start_distance_from_port_m": null, "start_distance_from_shore_m": null}
e4	1	5	t	1772323200000	1772326800000	{440000001}	{"mask": null, "label": "nobody", "level": null, "mmsis": [440000001], "proof": [{"table": "fixes", "msg_ids": [4611686018427387905, 5]}], "params": null, "status": "closed", "context": "real", "end_lat": null, "end_lon": null, "lat_max": null, "lat_min": null, "lon_max": null, "lon_min": null, "regions": null, "rule_id": null, "seg_ids": null, "sources": null, "summary": "silent", "version": 1, "event_id": "e4", "evidence": [{"test": "silence", "unit": "h", "passed": true, "measured": 7.5, "relation": ">", "threshold": 6.0}], "lat_mean": null, "lon_mean": null, "start_lat": null, "start_lon": null, "confidence": 0.699999988079071, "distance_m": null, "duration_h": null, "event_info": null, "event_type": "gap", "vessel_ids": ["mmsi:440000001"], "alternatives": null, "rule_version": null, "would_settle": null, "end_timestamp": 1772326800000, "status_reason": null, "superseded_by": null, "confidence_word": null, "median_speed_kn": null, "start_timestamp": 1772323200000, "implied_speed_kn": null, "median_distance_m": null, "end_distance_from_port_m": null, "end_distance_from_shore_m": null, "start_distance_from_port_m": null, "start_distance_from_shore_m": null}
e5	1	6	t	1772323200000	1772326800000	{440000001}	{"mask": null, "label": "nobody", "level": null, "mmsis": [440000001], "proof": [{"table": "fixes", "msg_ids": [4611686018427387905, 5]}], "params": null, "status": "closed", "context": "real", "end_lat": null, "end_lon": null, "lat_max": null, "lat_min": null, "lon_max": null, "lon_min": null, "regions": null, "rule_id": null, "seg_ids": null, "sources": null, "summary": "silent", "version": 1, "event_id": "e5", "evidence": [{"test": "silence", "unit": "h", "passed": true, "measured": 7.5, "relation": ">", "threshold": 6.0}], "lat_mean": null, "lon_mean": null, "start_lat": null, "start_lon": null, "confidence": 0.699999988079071, "distance_m": null, "duration_h": null, "event_info": null, "event_type": "gap", "vessel_ids": ["mmsi:440000001"], "alternatives": null, "rule_version": null, "would_settle": null, "end_timestamp": 1772326800000, "status_reason": null, "superseded_by": null, "confidence_word": null, "median_speed_kn": null, "start_timestamp": 1772323200000, "implied_speed_kn": null, "median_distance_m": null, "end_distance_from_port_m": null, "end_distance_from_shore_m": null, "start_distance_from_port_m": null, "start_distance_from_shore_m": null}
\.
COPY old.fixes_20260301 (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, lat, lon, sog_kn, cog_deg, heading_deg, rot_dpm, altitude_m, nav_status, second, accuracy, raim, ais_class, receiver_type, flags, seg_id, label, late) FROM stdin;
2026-03-01	\N	0	440000000	2026-03-01 00:00:00+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1	440000001	2026-03-01 00:00:00.6+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.02	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2	440000002	2026-03-01 00:00:01.2+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.04	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3	440000003	2026-03-01 00:00:01.8+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.06	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	4	440000004	2026-03-01 00:00:02.4+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.08	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	5	440000005	2026-03-01 00:00:03+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.1	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	6	440000006	2026-03-01 00:00:03.6+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.12	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	7	440000007	2026-03-01 00:00:04.2+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.14	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	8	440000008	2026-03-01 00:00:04.8+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.16	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	9	440000009	2026-03-01 00:00:05.4+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.18	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	10	440000000	2026-03-01 00:00:06+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.2	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	11	440000001	2026-03-01 00:00:06.6+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.22	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	12	440000002	2026-03-01 00:00:07.2+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.24	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	13	440000003	2026-03-01 00:00:07.8+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.26	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	14	440000004	2026-03-01 00:00:08.4+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.28	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	15	440000005	2026-03-01 00:00:09+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.3	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	16	440000006	2026-03-01 00:00:09.6+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.32	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	17	440000007	2026-03-01 00:00:10.2+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.34	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	18	440000008	2026-03-01 00:00:10.8+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.36	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	19	440000009	2026-03-01 00:00:11.4+00	\N	2026-03-01 00:02:00+00	0	\N	0	\N	\N	f	1	\N	30.38	120	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1000	440000000	2026-03-01 06:40:00+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1001	440000001	2026-03-01 06:40:00.6+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.02	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1002	440000002	2026-03-01 06:40:01.2+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.04	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1003	440000003	2026-03-01 06:40:01.8+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.06	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1004	440000004	2026-03-01 06:40:02.4+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.08	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1005	440000005	2026-03-01 06:40:03+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.1	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1006	440000006	2026-03-01 06:40:03.6+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.12	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1007	440000007	2026-03-01 06:40:04.2+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.14	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1008	440000008	2026-03-01 06:40:04.8+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.16	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1009	440000009	2026-03-01 06:40:05.4+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.18	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1010	440000000	2026-03-01 06:40:06+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.2	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1011	440000001	2026-03-01 06:40:06.6+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.22	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1012	440000002	2026-03-01 06:40:07.2+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.24	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1013	440000003	2026-03-01 06:40:07.8+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.26	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1014	440000004	2026-03-01 06:40:08.4+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.28	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1015	440000005	2026-03-01 06:40:09+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.3	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1016	440000006	2026-03-01 06:40:09.6+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.32	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1017	440000007	2026-03-01 06:40:10.2+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.34	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1018	440000008	2026-03-01 06:40:10.8+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.36	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	1019	440000009	2026-03-01 06:40:11.4+00	\N	2026-03-01 06:42:00+00	0	\N	0	\N	\N	f	1	\N	30.38	120.1	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2000	440000000	2026-03-01 13:20:00+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2001	440000001	2026-03-01 13:20:00.6+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.02	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2002	440000002	2026-03-01 13:20:01.2+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.04	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2003	440000003	2026-03-01 13:20:01.8+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.06	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2004	440000004	2026-03-01 13:20:02.4+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.08	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2005	440000005	2026-03-01 13:20:03+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.1	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2006	440000006	2026-03-01 13:20:03.6+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.12	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2007	440000007	2026-03-01 13:20:04.2+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.14	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2008	440000008	2026-03-01 13:20:04.8+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.16	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2009	440000009	2026-03-01 13:20:05.4+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.18	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2010	440000000	2026-03-01 13:20:06+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.2	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2011	440000001	2026-03-01 13:20:06.6+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.22	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2012	440000002	2026-03-01 13:20:07.2+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.24	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2013	440000003	2026-03-01 13:20:07.8+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.26	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2014	440000004	2026-03-01 13:20:08.4+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.28	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2015	440000005	2026-03-01 13:20:09+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.3	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2016	440000006	2026-03-01 13:20:09.6+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.32	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2017	440000007	2026-03-01 13:20:10.2+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.34	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2018	440000008	2026-03-01 13:20:10.8+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.36	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	2019	440000009	2026-03-01 13:20:11.4+00	\N	2026-03-01 13:22:00+00	0	\N	0	\N	\N	f	1	\N	30.38	120.2	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3000	440000000	2026-03-01 20:00:00+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3001	440000001	2026-03-01 20:00:00.6+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.02	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3002	440000002	2026-03-01 20:00:01.2+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.04	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3003	440000003	2026-03-01 20:00:01.8+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.06	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3004	440000004	2026-03-01 20:00:02.4+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.08	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3005	440000005	2026-03-01 20:00:03+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.1	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3006	440000006	2026-03-01 20:00:03.6+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.12	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3007	440000007	2026-03-01 20:00:04.2+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.14	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3008	440000008	2026-03-01 20:00:04.8+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.16	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3009	440000009	2026-03-01 20:00:05.4+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.18	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3010	440000000	2026-03-01 20:00:06+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.2	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3011	440000001	2026-03-01 20:00:06.6+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.22	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3012	440000002	2026-03-01 20:00:07.2+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.24	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3013	440000003	2026-03-01 20:00:07.8+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.26	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3014	440000004	2026-03-01 20:00:08.4+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.28	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3015	440000005	2026-03-01 20:00:09+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.3	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3016	440000006	2026-03-01 20:00:09.6+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.32	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3017	440000007	2026-03-01 20:00:10.2+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.34	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3018	440000008	2026-03-01 20:00:10.8+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.36	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	3019	440000009	2026-03-01 20:00:11.4+00	\N	2026-03-01 20:02:00+00	0	\N	0	\N	\N	f	1	\N	30.38	120.3	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-01	\N	9001	440000001	2026-03-01 00:05:00+00	\N	\N	0	\N	0	\N	\N	f	1	\N	30	120	\N	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	t
\.
COPY old.fixes_20260302 (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, lat, lon, sog_kn, cog_deg, heading_deg, rot_dpm, altitude_m, nav_status, second, accuracy, raim, ais_class, receiver_type, flags, seg_id, label, late) FROM stdin;
2026-03-02	\N	4000	440000000	2026-03-02 02:40:00+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4001	440000001	2026-03-02 02:40:00.6+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.02	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4002	440000002	2026-03-02 02:40:01.2+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.04	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4003	440000003	2026-03-02 02:40:01.8+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.06	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4004	440000004	2026-03-02 02:40:02.4+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.08	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4005	440000005	2026-03-02 02:40:03+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.1	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4006	440000006	2026-03-02 02:40:03.6+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.12	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4007	440000007	2026-03-02 02:40:04.2+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.14	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4008	440000008	2026-03-02 02:40:04.8+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.16	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4009	440000009	2026-03-02 02:40:05.4+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.18	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4010	440000000	2026-03-02 02:40:06+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.2	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4011	440000001	2026-03-02 02:40:06.6+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.22	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4012	440000002	2026-03-02 02:40:07.2+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.24	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4013	440000003	2026-03-02 02:40:07.8+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.26	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4014	440000004	2026-03-02 02:40:08.4+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.28	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4015	440000005	2026-03-02 02:40:09+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.3	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4016	440000006	2026-03-02 02:40:09.6+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.32	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4017	440000007	2026-03-02 02:40:10.2+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.34	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4018	440000008	2026-03-02 02:40:10.8+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.36	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	4019	440000009	2026-03-02 02:40:11.4+00	\N	2026-03-02 02:42:00+00	0	\N	0	\N	\N	f	1	\N	30.38	120.4	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5000	440000000	2026-03-02 09:20:00+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5001	440000001	2026-03-02 09:20:00.6+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.02	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5002	440000002	2026-03-02 09:20:01.2+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.04	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5003	440000003	2026-03-02 09:20:01.8+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.06	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5004	440000004	2026-03-02 09:20:02.4+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.08	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5005	440000005	2026-03-02 09:20:03+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.1	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5006	440000006	2026-03-02 09:20:03.6+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.12	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5007	440000007	2026-03-02 09:20:04.2+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.14	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5008	440000008	2026-03-02 09:20:04.8+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.16	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5009	440000009	2026-03-02 09:20:05.4+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.18	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5010	440000000	2026-03-02 09:20:06+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.2	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5011	440000001	2026-03-02 09:20:06.6+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.22	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5012	440000002	2026-03-02 09:20:07.2+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.24	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5013	440000003	2026-03-02 09:20:07.8+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.26	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5014	440000004	2026-03-02 09:20:08.4+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.28	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5015	440000005	2026-03-02 09:20:09+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.3	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5016	440000006	2026-03-02 09:20:09.6+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.32	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5017	440000007	2026-03-02 09:20:10.2+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.34	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5018	440000008	2026-03-02 09:20:10.8+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.36	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
2026-03-02	\N	5019	440000009	2026-03-02 09:20:11.4+00	\N	2026-03-02 09:22:00+00	0	\N	0	\N	\N	f	1	\N	30.38	120.5	5.5	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	f
\.
COPY old.fixes_odd (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, lat, lon, sog_kn, cog_deg, heading_deg, rot_dpm, altitude_m, nav_status, second, accuracy, raim, ais_class, receiver_type, flags, seg_id, label, late) FROM stdin;
1900-01-01	2026-03-02 09:20:11.4+00	9002	440000001	\N	\N	\N	0	\N	0	\N	\N	f	1	\N	30	120	\N	\N	\N	\N	\N	0	\N	\N	\N	0	\N	0	-1	0	t
\.
COPY old.identity (id, mmsi, first_ms, last_ms, shipname, n_shipname, callsign, imo, ship_type, length_m, width_m, draught_m, destination, count, label) FROM stdin;
1	440000000	1772323200000	1772323200000	S0	s0	\N	9074729	-1	-1	-1	\N	\N	1	nobody
2	440000001	1772347200000	1772347200000	S1	s1	\N	9074729	-1	-1	-1	\N	\N	1	nobody
3	440000002	1772371200000	1772371200000	S2	s2	\N	9074729	-1	-1	-1	\N	\N	1	nobody
4	440000003	1772395200000	1772395200000	S3	s3	\N	9074729	-1	-1	-1	\N	\N	1	nobody
5	440000004	1772419200000	1772419200000	S4	s4	\N	9074729	-1	-1	-1	\N	\N	1	nobody
6	440000005	1772443200000	1772443200000	S5	s5	\N	9074729	-1	-1	-1	\N	\N	1	nobody
\.
COPY old.latest (mmsi, "timestamp", lat, lon, sog_kn, cog_deg, heading_deg, nav_status, ship_type, shipname, callsign, imo, length_m, source_id, ais_class, version, key_ms, msg_id, ship_type_ms, shipname_ms, callsign_ms, imo_ms, length_m_ms) FROM stdin;
440000007	2026-03-02 09:20:10.2+00	30.34	120.5	5.5	\N	\N	0	\N	\N	\N	\N	\N	0	0	6	1772443210200	5017	\N	\N	\N	\N	\N
440000008	2026-03-02 09:20:10.8+00	30.36	120.5	5.5	\N	\N	0	\N	\N	\N	\N	\N	0	0	6	1772443210800	5018	\N	\N	\N	\N	\N
440000000	2026-03-02 09:20:06+00	30.2	120.5	5.5	\N	\N	0	\N	S0	\N	9074729	\N	0	0	6	1772443206000	5010	\N	1772323200000	\N	1772323200000	\N
440000002	2026-03-02 09:20:07.2+00	30.24	120.5	5.5	\N	\N	0	\N	S2	\N	9074729	\N	0	0	6	1772443207200	5012	\N	1772371200000	\N	1772371200000	\N
440000004	2026-03-02 09:20:08.4+00	30.28	120.5	5.5	\N	\N	0	\N	S4	\N	9074729	\N	0	0	6	1772443208400	5014	\N	1772419200000	\N	1772419200000	\N
440000005	2026-03-02 09:20:09+00	30.3	120.5	5.5	\N	\N	0	\N	S5	\N	9074729	\N	0	0	6	1772443209000	5015	\N	1772443200000	\N	1772443200000	\N
440000006	2026-03-02 09:20:09.6+00	30.32	120.5	5.5	\N	\N	0	\N	\N	\N	\N	\N	0	0	6	1772443209600	5016	\N	\N	\N	\N	\N
440000009	2026-03-02 09:20:11.4+00	30.38	120.5	5.5	\N	\N	0	\N	\N	\N	\N	\N	0	0	6	1772443211400	5019	\N	\N	\N	\N	\N
440000001	2026-03-02 09:20:06.6+00	30.22	120.5	5.5	\N	\N	0	\N	S1	\N	9074729	\N	0	0	6	1772443206600	5011	\N	1772347200000	\N	1772347200000	\N
440000003	2026-03-02 09:20:07.8+00	30.26	120.5	5.5	\N	\N	0	\N	LATER	\N	9074729	\N	0	0	8	1772443207800	5013	\N	1772449200000	\N	1772395200000	\N
\.
COPY old.meta (key, value) FROM stdin;
form	1
context	real
reopened	0
folded	7
\.
COPY old.others_20260301 (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, dest_mmsi, dac, fid, payload, fill_bits, label) FROM stdin;
\.
COPY old.others_20260302 (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, dest_mmsi, dac, fid, payload, fill_bits, label) FROM stdin;
\.
COPY old.others_odd (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, dest_mmsi, dac, fid, payload, fill_bits, label) FROM stdin;
\.
COPY old.state (one, seq, events, newest_ms, closed_ms, oldest_ms, writer) FROM stdin;
t	8	6	1772443211400	1772421600000	1772323200000	cc3a48a1dbab445ea0e9b20d8e80f00d
\.
COPY old.statics_20260301 (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, part, imo, callsign, shipname, ship_type, to_bow_m, to_stern_m, to_port_m, to_starboard_m, draught_m, destination, eta, epfd, ais_version, dte, mothership_mmsi, vendor, aid_type, off_position, virtual, flags, label, seq) FROM stdin;
2026-03-01	\N	0	440000000	2026-03-01 00:00:00+00	\N	\N	0	\N	0	\N	\N	f	5	\N	\N	9074729	\N	S0	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0	0	1
2026-03-01	\N	1000	440000001	2026-03-01 06:40:00+00	\N	\N	0	\N	0	\N	\N	f	5	\N	\N	9074729	\N	S1	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0	0	2
2026-03-01	\N	2000	440000002	2026-03-01 13:20:00+00	\N	\N	0	\N	0	\N	\N	f	5	\N	\N	9074729	\N	S2	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0	0	3
2026-03-01	\N	3000	440000003	2026-03-01 20:00:00+00	\N	\N	0	\N	0	\N	\N	f	5	\N	\N	9074729	\N	S3	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0	0	4
\.
COPY old.statics_20260302 (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, part, imo, callsign, shipname, ship_type, to_bow_m, to_stern_m, to_port_m, to_starboard_m, draught_m, destination, eta, epfd, ais_version, dte, mothership_mmsi, vendor, aid_type, off_position, virtual, flags, label, seq) FROM stdin;
2026-03-02	\N	4000	440000004	2026-03-02 02:40:00+00	\N	\N	0	\N	0	\N	\N	f	5	\N	\N	9074729	\N	S4	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0	0	5
2026-03-02	\N	5000	440000005	2026-03-02 09:20:00+00	\N	\N	0	\N	0	\N	\N	f	5	\N	\N	9074729	\N	S5	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0	0	6
2026-03-02	\N	9003	440000003	2026-03-02 11:00:00+00	\N	\N	0	\N	0	\N	\N	f	5	\N	\N	\N	\N	LATER	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0	0	8
\.
COPY old.statics_odd (day, undated_at, msg_id, mmsi, "timestamp", time_source, received_at, source_id, station_id, byte_offset, channel, talker, own_ship, msg_type, repeat, part, imo, callsign, shipname, ship_type, to_bow_m, to_stern_m, to_port_m, to_starboard_m, draught_m, destination, eta, epfd, ais_version, dte, mothership_mmsi, vendor, aid_type, off_position, virtual, flags, label, seq) FROM stdin;
\.
COPY old.word (kind, code, word) FROM stdin;
ais_class	0	A
ais_class	1	B
ais_class	2	base
ais_class	3	aton
ais_class	4	sar_aircraft
ais_class	5	sart
ais_class	6	mob
ais_class	7	epirb
ais_class	8	other
ais_class	9	auxiliary
channel	0	A
channel	1	B
channel	2	1
channel	3	2
channel	4	C
channel	5	D
receiver_type	0	terrestrial
receiver_type	1	satellite
receiver_type	2	dynamic
receiver_type	3	radar
receiver_type	4	manual
talker	0	AI
talker	1	AB
talker	2	AD
talker	3	AN
talker	4	AR
talker	5	AS
talker	6	AT
talker	7	AX
talker	8	BS
talker	9	SA
talker	10	BY
talker	11	SS
time_source	0	tag
time_source	1	suffix
time_source	2	prefix
time_source	3	pghp
time_source	4	base
time_source	5	csv
time_source	6	table
time_source	7	receive
time_source	8	assumed
time_source	9	none
source_id	0	feed
label	0	nobody
\.
SELECT pg_catalog.setval('old.identity_id_seq', 6, true);
ALTER TABLE ONLY old.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY old.block
    ADD CONSTRAINT block_pkey PRIMARY KEY (start_ms);
ALTER TABLE ONLY old.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (event_id, version);
ALTER TABLE ONLY old.identity
    ADD CONSTRAINT identity_pkey PRIMARY KEY (id);
ALTER TABLE ONLY old.latest
    ADD CONSTRAINT latest_pkey PRIMARY KEY (mmsi);
ALTER TABLE ONLY old.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY old.state
    ADD CONSTRAINT state_pkey PRIMARY KEY (one);
ALTER TABLE ONLY old.word
    ADD CONSTRAINT word_kind_word_key UNIQUE (kind, word);
ALTER TABLE ONLY old.word
    ADD CONSTRAINT word_pkey PRIMARY KEY (kind, code);
CREATE INDEX event_mmsi ON old.event USING gin (mmsis);
CREATE INDEX event_seq ON old.event USING btree (seq) WHERE newest;
CREATE INDEX fixes_vessel ON ONLY old.fixes USING btree (mmsi, "timestamp");
CREATE INDEX fixes_20260301_mmsi_timestamp_idx ON old.fixes_20260301 USING btree (mmsi, "timestamp");
CREATE INDEX fixes_time ON ONLY old.fixes USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX fixes_20260301_timestamp_idx ON old.fixes_20260301 USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX fixes_20260302_mmsi_timestamp_idx ON old.fixes_20260302 USING btree (mmsi, "timestamp");
CREATE INDEX fixes_20260302_timestamp_idx ON old.fixes_20260302 USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX fixes_odd_mmsi_timestamp_idx ON old.fixes_odd USING btree (mmsi, "timestamp");
CREATE INDEX fixes_odd_timestamp_idx ON old.fixes_odd USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX identity_mmsi ON old.identity USING btree (mmsi);
CREATE INDEX others_vessel ON ONLY old.others USING btree (mmsi, "timestamp");
CREATE INDEX others_20260301_mmsi_timestamp_idx ON old.others_20260301 USING btree (mmsi, "timestamp");
CREATE INDEX others_time ON ONLY old.others USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX others_20260301_timestamp_idx ON old.others_20260301 USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX others_20260302_mmsi_timestamp_idx ON old.others_20260302 USING btree (mmsi, "timestamp");
CREATE INDEX others_20260302_timestamp_idx ON old.others_20260302 USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX others_odd_mmsi_timestamp_idx ON old.others_odd USING btree (mmsi, "timestamp");
CREATE INDEX others_odd_timestamp_idx ON old.others_odd USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX statics_vessel ON ONLY old.statics USING btree (mmsi, "timestamp");
CREATE INDEX statics_20260301_mmsi_timestamp_idx ON old.statics_20260301 USING btree (mmsi, "timestamp");
CREATE INDEX statics_seq ON ONLY old.statics USING btree (seq);
CREATE INDEX statics_20260301_seq_idx ON old.statics_20260301 USING btree (seq);
CREATE INDEX statics_time ON ONLY old.statics USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX statics_20260301_timestamp_idx ON old.statics_20260301 USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX statics_20260302_mmsi_timestamp_idx ON old.statics_20260302 USING btree (mmsi, "timestamp");
CREATE INDEX statics_20260302_seq_idx ON old.statics_20260302 USING btree (seq);
CREATE INDEX statics_20260302_timestamp_idx ON old.statics_20260302 USING brin ("timestamp") WITH (pages_per_range='16');
CREATE INDEX statics_odd_mmsi_timestamp_idx ON old.statics_odd USING btree (mmsi, "timestamp");
CREATE INDEX statics_odd_seq_idx ON old.statics_odd USING btree (seq);
CREATE INDEX statics_odd_timestamp_idx ON old.statics_odd USING brin ("timestamp") WITH (pages_per_range='16');
ALTER INDEX old.fixes_vessel ATTACH PARTITION old.fixes_20260301_mmsi_timestamp_idx;
ALTER INDEX old.fixes_time ATTACH PARTITION old.fixes_20260301_timestamp_idx;
ALTER INDEX old.fixes_vessel ATTACH PARTITION old.fixes_20260302_mmsi_timestamp_idx;
ALTER INDEX old.fixes_time ATTACH PARTITION old.fixes_20260302_timestamp_idx;
ALTER INDEX old.fixes_vessel ATTACH PARTITION old.fixes_odd_mmsi_timestamp_idx;
ALTER INDEX old.fixes_time ATTACH PARTITION old.fixes_odd_timestamp_idx;
ALTER INDEX old.others_vessel ATTACH PARTITION old.others_20260301_mmsi_timestamp_idx;
ALTER INDEX old.others_time ATTACH PARTITION old.others_20260301_timestamp_idx;
ALTER INDEX old.others_vessel ATTACH PARTITION old.others_20260302_mmsi_timestamp_idx;
ALTER INDEX old.others_time ATTACH PARTITION old.others_20260302_timestamp_idx;
ALTER INDEX old.others_vessel ATTACH PARTITION old.others_odd_mmsi_timestamp_idx;
ALTER INDEX old.others_time ATTACH PARTITION old.others_odd_timestamp_idx;
ALTER INDEX old.statics_vessel ATTACH PARTITION old.statics_20260301_mmsi_timestamp_idx;
ALTER INDEX old.statics_seq ATTACH PARTITION old.statics_20260301_seq_idx;
ALTER INDEX old.statics_time ATTACH PARTITION old.statics_20260301_timestamp_idx;
ALTER INDEX old.statics_vessel ATTACH PARTITION old.statics_20260302_mmsi_timestamp_idx;
ALTER INDEX old.statics_seq ATTACH PARTITION old.statics_20260302_seq_idx;
ALTER INDEX old.statics_time ATTACH PARTITION old.statics_20260302_timestamp_idx;
ALTER INDEX old.statics_vessel ATTACH PARTITION old.statics_odd_mmsi_timestamp_idx;
ALTER INDEX old.statics_seq ATTACH PARTITION old.statics_odd_seq_idx;
ALTER INDEX old.statics_time ATTACH PARTITION old.statics_odd_timestamp_idx;
