package io.sereno.operator;

import io.sereno.spi.Names;
import java.util.List;
import java.util.Objects;

/**
 * A name of one kind in one namespace: a certain lock, topic or group.
 *
 * @param kind what it is
 * @param namespace the child namespaces, from the operator's own namespace inwards; empty for the operator's own; copied
 * @param name as its users call it; for {@link Kind#READER} see there
 */
public record Resource(Kind kind, List<String> namespace, String name) {
    /**
     * Checks the names, and copies the list.
     *
     * @throws IllegalArgumentException if a name is empty, takes more than {@value Names#MAX_BYTES} bytes of UTF-8, or is
     *     not well-formed Unicode without U+0000
     */
    public Resource {
        Objects.requireNonNull(kind, "kind");
        namespace = List.copyOf(namespace);
        namespace.forEach(child -> Names.check("namespace", child, Names.MAX_BYTES));
        Names.check(kind.word() + " name", name, Names.MAX_BYTES);
    }

    /**
     * A resource in the operator's own namespace.
     *
     * @param kind what it is
     * @param name as its users call it
     */
    public Resource(Kind kind, String name) {
        this(kind, List.of(), name);
    }

    /**
     * For people: the kind's word and the name, after the namespaces, like {@code @eu/lock/close-month}. Two resources may
     * look the same.
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        namespace.forEach(child -> text.append('@').append(child).append('/'));
        return Names.printable(text.append(kind.word()).append('/').append(name).toString());
    }
}
