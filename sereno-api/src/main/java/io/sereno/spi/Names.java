package io.sereno.spi;

/** What directories and entries may be called (NAM-1): well-formed Unicode without U+0000, 512 bytes of UTF-8 for both together. */
final class Names {
    static final int MAX_BYTES = 512;

    private Names() {}

    static void check(String what, String name) {
        utf8Length(what, name);
    }

    static void checkEntry(String directory, String name) {
        int length = utf8Length("directory", directory) + utf8Length("entry", name);
        if (length > MAX_BYTES) {
            throw new IllegalArgumentException("directory and entry name take " + length + " bytes of UTF-8, at most "
                    + MAX_BYTES + " are accepted: '" + directory + "', '" + name + "'");
        }
    }

    private static int utf8Length(String what, String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException(
                    what + " name is empty; 1 to " + MAX_BYTES + " bytes of UTF-8 are accepted");
        }
        int bytes = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == 0) {
                throw new IllegalArgumentException(what + " name has U+0000 at index " + i);
            } else if (c < 0x80) {
                bytes += 1;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < name.length()
                    && Character.isLowSurrogate(name.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                throw new IllegalArgumentException(what + " name has half of a surrogate pair at index " + i
                        + "; well-formed Unicode is accepted");
            }
        }
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    what + " name takes " + bytes + " bytes of UTF-8, at most " + MAX_BYTES + " are accepted");
        }
        return bytes;
    }
}
