package io.sereno.compatibility;

import java.util.List;

/**
 * One record of a kept store: an entry, a key, a node or a command, by the store that it is of.
 *
 * @param words the kind of record and where it is stored
 * @param value what is stored
 */
record Stored(List<String> words, String value) {
    Stored {
        words = List.copyOf(words);
    }

    String word(int index) {
        return words.get(index);
    }

    long number(int index) {
        return Long.parseLong(words.get(index));
    }
}
