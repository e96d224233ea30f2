package io.sereno.recipes;

/** What text is accepted from users: well-formed Unicode without U+0000, since encoding anything else would make two names one. */
final class Unicode {
    private Unicode() {}

    static int utf8Length(String what, String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw new IllegalArgumentException(
                        what + " has U+0000 at index " + i + "; any other character is accepted");
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else if (Character.isSurrogate(c)) {
                throw new IllegalArgumentException(
                        what + " has half of a surrogate pair at index " + i + "; well-formed Unicode is accepted");
            } else {
                bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            }
        }
        return bytes;
    }
}
