// Numbers of the engine's that this package shares with it. Written by: go test ./host -run JavaScriptLayout -update

// The sections of a bundle's file, in their order.
export const sections = ["About","Purposes","Policies","Cookies","ConsentGroups","Jurisdictions","Strings","Attributes","Constants","Predicates","Patterns","Tables","Conditions","Code","Segments","Decisions","Variants","Rules","Schedules","Draws","Splits","Ranges","Holdouts","Groups","Deferrals","Allowed","Deciders","DeciderRules","Routes","Lists","Indexed","IndexKeys","Classes","Rows","Text"];

// Records of sections, in words: how many one has, and which word a field is.
export const About = { size: 9, Name: 0, TargetingKey: 1, Now: 2, Owner: 3, Tags: 4, Metadata: 5, Zones: 6, Hosts: 7, MaxImpact: 8 };
export const Purpose = { size: 7, Name: 0, Flags: 1, TCF: 2, Vendor: 3, OptOuts: 4, FirstGroup: 5, Groups: 6 };
export const Cookie = { size: 2, Name: 0, Format: 1 };
export const Span = { size: 2, Offset: 0, Length: 1 };
export const Attribute = { size: 8, Name: 0, Type: 1, TypeText: 2, Purpose: 3, Enum: 4, From: 5, Flags: 6, MaxAge: 7 };
export const Decision = { size: 25, Name: 0, Purposes: 1, Flags: 2, Default: 3, FirstVariant: 4, Variants: 5, FirstRule: 6, Rules: 7, BeforeConsent: 8, Holdout: 9, Group: 10, FirstSlot: 11, LastSlot: 12, Hold: 13, Act: 14, Header: 15, Measure: 16, Metadata: 17, Notes: 18, Line: 19, FirstWord: 20, Words: 21, Tables: 22, FirstPrerequisite: 23, Prerequisites: 24 };
export const Variant = { size: 5, Name: 0, Kind: 1, JSON: 2, Schedule: 3, Tags: 4 };
export const Rule = { size: 6, ID: 0, Condition: 1, Action: 2, Target: 3, Schedule: 4, Line: 5 };
export const Deferral = { size: 6, To: 0, Within: 1, Mode: 2, Otherwise: 3, FirstAllowed: 4, Allowed: 5 };

// The kinds of values, and what stands for a value without a reading, or without room.
export const kinds = {"bool":2,"bytes":7,"double":5,"duration":9,"dyn":0,"int":3,"list":10,"map":11,"mistyped":255,"null_type":1,"oversized":254,"string":6,"timestamp":8,"uint":4};

// Limits of questions.
export const limits = {"asked":8192,"body":65536,"bundle":8388608,"cookie":8192,"depth":8,"envelope":8404992,"headers":256,"policy":16384,"purposes":32,"question":2356412,"random":32,"room":65536,"signal":16384,"signals":96,"values":1024};

// What a signal of consent is.
export const signals = {"firstCookie":5,"gpc":3,"gpp":1,"off":4,"tcf":0,"usp":2};

// The visitor's no on the site itself.
export const off = {"cookie":"edgewise-personalization","value":"off"};

// The words of an answer.
export const answerWords = 4;

// The flags of an answer.
export const flags = {"stale":2,"sticky":1};

// The reasons of an answer.
export const reasons = ["ERROR","DISABLED","CONSENT","TARGETING_MATCH","SPLIT","DEFAULT","STATIC","PREVIEW","HOLDOUT","DEFERRED","STALE","FALLBACK"];

// What a rule does where an answer tells more of it, and the bit of a rule's action beside it.
export const actions = {"defer":3,"indexed":256};

// How a deferred decision is waited for.
export const modes = ["wait","with_page","after_render"];

// Why verification refuses, and the number of the first reason.
export const verification = {"first":64,"words":["signature","threshold","unknown_key","revoked_key","version","conflict","audience","channel","not_yet","expired","clock","format","engine","limit","torn","unavailable"]};

// The device that a platform tells.
export const devices = {"browser":["other","chrome","safari","firefox","edge","ie","opera","samsung"],"class":["other","mobile","tablet","desktop","tv"],"os":["other","windows","macos","ios","android","linux","chromeos"]};

// What can become of a hand-over.
export const outcomes = {"answered":1,"failed":3,"late":2};

// What an answer says where the engine stopped.
export const trapped = "engine trap";
