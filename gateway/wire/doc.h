/*
 * doc.h: a JSON or XML body as one kind of tree, and paths into it, so that everything above reads
 * both the same way. Nodes and texts live in the arena that the reader was given.
 *
 * JSON: objects are maps, members carry their key as name; numbers are text as they were written
 * (an id of 20 digits keeps them all; 254700000101.0 is the whole number), true and false are the
 * words. XML: an element is a map with
 * its local name, its character data as text, its attributes apart; prefixes are dropped, since
 * they vary from network to network.
 *
 * Paths are those of a profile: "/results/0/from" (RFC 6901, and "*" for the first member that has
 * the rest), "/request/mobile" or "//mobile" (any depth) for XML, "service@timestamp" for an
 * attribute ("@timestamp" of the node itself), "field[@name=Remote]" or "member[name=MSISDN]/value"
 * for name-value lists, and "name()" as a last step for the local name itself.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define DOC_MAX_DEPTH 32u
#define DOC_MAX_STEPS 12u
#define XML_MAX_BYTES (1024u * 1024u)

enum doc_kind { DOC_NULL, DOC_TEXT, DOC_MAP, DOC_LIST };

struct doc {
    enum doc_kind kind;
    bool is_bare;                /* JSON: a number, true or false, which stands without quotes */
    uint32_t line;               /* XML: in which the element begins, from 1 */
    struct str name;             /* key, or local name of an element; absent in lists */
    struct str text;             /* DOC_TEXT; character data of an element */
    const struct doc *first;     /* members or child elements */
    const struct doc *next;      /* sibling */
    const struct doc *attribute; /* XML: chained by next */
};

enum doc_step_kind {
    DOC_STEP_NAME,
    DOC_STEP_INDEX,
    DOC_STEP_ANY,
    DOC_STEP_ATTRIBUTE,
    DOC_STEP_NODE_NAME
};

struct doc_step {
    enum doc_step_kind kind;
    bool is_deep;          /* "//": this step may match at any depth */
    uint32_t index;        /* DOC_STEP_INDEX; in JSON also a member of that name */
    struct str name;       /* NAME, ATTRIBUTE, INDEX as written */
    struct str key, value; /* predicate, absent without one */
    bool is_attribute_key;
};

struct doc_path {
    struct doc_step steps[DOC_MAX_STEPS];
    uint32_t n_steps;
};

/* Member of an object; NULL when there is none. */
const struct doc *doc_member(const struct doc *object, const char *name);
/* Its text; absent when it is missing or null. */
struct str doc_text(const struct doc *object, const char *name);
/* XML: the character data of the first child element of this name; absent when there is none. */
struct str doc_content(const struct doc *element, const char *name);
/* Both borrow from text. ERR_INVALID says what is wrong with the path. */
enum err doc_path_json(struct str text, struct arena *arena, struct doc_path *ret,
                       struct errmsg *msg) MUST_CHECK;
enum err doc_path_xml(struct str text, struct doc_path *ret, struct errmsg *msg) MUST_CHECK;

/* First node at the path below root (for XML, the first step names the root itself, or is below
 * it for "//" and for relative paths, which begin without a slash). NULL when there is none. A
 * nocase path compares names by ASCII letters only. */
const struct doc *doc_find(const struct doc *root, const struct doc_path *path, bool is_nocase);
/* Text at the path, also where it is all that a list there holds; absent when there is none, or
 * null, another list or an object. */
struct str doc_get(const struct doc *root, const struct doc_path *path, bool is_nocase);

/*
 * A JSON body into a tree (RFC 8259, jansson underneath).
 *
 * A byte order mark is skipped. Duplicate keys: the last wins. Numbers become their own text
 * before jansson sees them, so that none is rounded or refused for its size. Strings are taken as
 * providers write them: raw line ends and tabs are kept; what is no character of a text (half an
 * emoji, other raw controls, no UTF-8, an unknown escape) is U+FFFD and costs the rest nothing.
 *
 * ERR_INVALID: no JSON, or nested deeper than DOC_MAX_DEPTH; ERR_TOO_LONG: the arena.
 */
enum err json_read(struct str text, struct arena *arena, const struct doc **ret) MUST_CHECK;

/*
 * An XML body into a tree (expat underneath), and escaping.
 *
 * UTF-8, UTF-16, US-ASCII and ISO-8859-1 as declared. A document type is taken only when it is
 * nothing but a name: an internal subset or an external identifier is refused, so no entity but
 * the five predefined ones exists, and nothing outside is ever read: a bare & and an unknown
 * reference are text. A declared encoding that is not known or not true is read as UTF-8, those of
 * Latin-1's kin as Latin-1. What is no character in a UTF-8 document (NUL and other controls, no
 * UTF-8, references to them) is U+FFFD.
 *
 * ERR_INVALID: no XML, a document type with content, or deeper than DOC_MAX_DEPTH; ERR_TOO_LONG:
 * XML_MAX_BYTES or the arena.
 */
enum err xml_read(struct str text, struct arena *arena, const struct doc **ret) MUST_CHECK;
/* Why and where a file is no XML. */
struct xml_fault {
    uint32_t line, column; /* from 1 */
    const char *what;      /* literal */
};
/* The same of a file that an author gave, of at most max bytes. fault is set with an error; it may
 * be NULL. */
enum err xml_read_file(struct str text, size_t max, struct arena *arena, const struct doc **ret,
                       struct xml_fault *fault) MUST_CHECK;
/* For character data; line ends stay. Controls that XML 1.0 has no form for become U+FFFD. */
void xml_escape(struct str value, struct buf *out);
/* For attributes in double or single quotes: quotes and line ends too. */
void xml_escape_attribute(struct str value, struct buf *out);
