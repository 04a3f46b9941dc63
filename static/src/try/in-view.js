import { useEffect } from "preact/hooks";

/** Keeps `visible` at whether at least half of the element can be seen by somebody. */
export function useInView(element, visible) {
  useEffect(() => {
    let inView = false;
    const tell = () => (visible.value = inView && document.visibilityState === "visible");
    const watching = new IntersectionObserver(
      ([entry]) => {
        inView = entry.isIntersecting;
        tell();
      },
      { threshold: 0.5 },
    );
    watching.observe(element.current);
    document.addEventListener("visibilitychange", tell);
    return () => {
      watching.disconnect();
      document.removeEventListener("visibilitychange", tell);
      visible.value = false;
    };
  }, []);
}
