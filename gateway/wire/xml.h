/*
 * xml.h: an XML body into a tree (expat underneath), and escaping.
 *
 * UTF-8, UTF-16, US-ASCII and ISO-8859-1 as declared. A document type is taken only when it is
 * nothing but a name: an internal subset or an external identifier is refused, so no entity but
 * the five predefined ones exists, and nothing outside is ever read. What is no character in a
 * UTF-8 document (NUL and other controls, no UTF-8, references to them) is U+FFFD.
 */
#pragma once

#include "wire/doc.h"

#define XML_MAX_BYTES (1024u * 1024u)

/* ERR_INVALID: no XML, a document type with content, or deeper than DOC_MAX_DEPTH; ERR_TOO_LONG:
 * XML_MAX_BYTES or the arena. */
enum err xml_read(struct str text, struct arena *arena, const struct doc **ret) MUST_CHECK;
/* For character data; line ends stay. Controls that XML 1.0 has no form for become U+FFFD. */
void xml_escape(struct str value, struct buf *out);
/* For attributes in double or single quotes: quotes and line ends too. */
void xml_escape_attribute(struct str value, struct buf *out);
