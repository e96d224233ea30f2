package io.sereno.backend.zookeeper;

import java.util.Comparator;

/**
 * The order of names: that of their UTF-8 bytes, unsigned, which is the order of code points. {@link String#compareTo}
 * differs from it: it puts a pair of surrogates below U+E000 to U+FFFF.
 */
enum NameOrder implements Comparator<String> {
    INSTANCE;

    @Override
    public int compare(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean above = Character.isSurrogate(a);
                return above == Character.isSurrogate(b) ? a - b : above ? 1 : -1;
            }
        }
        return left.length() - right.length();
    }
}
