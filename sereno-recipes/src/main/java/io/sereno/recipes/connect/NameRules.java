package io.sereno.recipes.connect;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The rules for namespaces and node ids. A fault is the end of a sentence that begins with the kind of name. */
final class NameRules {
    /** Leaves room in the 512 bytes of a directory and an entry for a recipe's name of 400 bytes. */
    static final int MAX_NAMESPACE_BYTES = 64;

    static final int MAX_NODE_ID_BYTES = 200;

    private NameRules() {}

    static Optional<String> namespaceFault(String namespace) {
        if (namespace.startsWith("/") || namespace.endsWith("/") || namespace.contains("//")) {
            return Optional.of("has an empty segment; billing or billing/eu is accepted");
        }
        return fault(namespace, MAX_NAMESPACE_BYTES);
    }

    static Optional<String> nodeIdFault(String nodeId) {
        return fault(nodeId, MAX_NODE_ID_BYTES);
    }

    private static Optional<String> fault(String name, int maxBytes) {
        if (name.isEmpty()) {
            return Optional.of("is empty; 1 to " + maxBytes + " bytes of UTF-8 are accepted");
        }
        if (name.indexOf(0) >= 0) {
            return Optional.of("has U+0000 at index " + name.indexOf(0));
        }
        int bytes;
        try {
            bytes = StandardCharsets.UTF_8
                    .newEncoder()
                    .encode(CharBuffer.wrap(name))
                    .remaining();
        } catch (CharacterCodingException e) {
            return Optional.of("has half of a surrogate pair; well-formed Unicode is accepted");
        }
        return bytes <= maxBytes
                ? Optional.empty()
                : Optional.of("takes " + bytes + " bytes of UTF-8, at most " + maxBytes + " are accepted");
    }
}
