/**
 * Builds one static site for a version: the documents, the Javadoc of the published modules, and the results of the compatibility kit.
 * {@link io.sereno.site.Site} describes the steps.
 */
@NullMarked
package io.sereno.site;

import org.jspecify.annotations.NullMarked;
